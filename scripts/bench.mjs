// `npm run bench -- NAME [--json] [--quick]` runs bench/NAME.ts on the pinned Node; without a name it lists them.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from './lib/install.mjs'
import { pinnedNode, root, run } from './lib/run.mjs'

const folder = join(root, 'bench')
const [name, ...flags] = process.argv.slice(2)

/** The first line of a file that begins with a comment says what it measures. */
const about = (/** @type {string} */ file) =>
  /^(?:\/\/|\/\*\*?)\s*(.*?)\s*(?:\*\/)?$/m.exec(
    readFileSync(join(folder, file), 'utf8').split('\n')[0] ?? '',
  )?.[1] ?? ''

function list() {
  const files = readdirSync(folder).filter((file) => /^[\w-]+\.ts$/.test(file))
  if (files.length === 0) console.log('There are no benchmarks yet.')
  for (const file of files) console.log(`${file.slice(0, -'.ts'.length).padEnd(20)} ${about(file)}`)
}

if (name === undefined) list()
else if (!/^[\w-]+$/.test(name) || !existsSync(join(folder, `${name}.ts`))) {
  console.error(`There is no benchmark ${JSON.stringify(name)}. There are:`)
  list()
  process.exitCode = 1
} else {
  await ensureInstalled(process.stderr)
  process.exitCode = await run(pinnedNode, [join('bench', `${name}.ts`), ...flags])
}
