import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { progress } from './progress.mjs'
import { capture, root } from './run.mjs'

const sources = ['package-lock.json', 'tsconfig.base.json', 'apps/web', 'packages/contract']
const built = join(root, 'apps', 'web', 'dist')
const stamp = join(built, '.atrium-build')
const skipped = new Set(['node_modules', 'dist', 'dev-dist'])

/**
 * Builds the web app, unless the build there is comes from these very sources.
 * @param {NodeJS.WriteStream} stream where progress is shown
 */
export async function ensureWebBuilt(stream) {
  const hash = hashSources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  await progress('Building the web app', stream, async () => {
    const { code, output } = await capture('npm', ['run', 'build', '--workspace', 'apps/web'])
    if (code !== 0) throw new Error(`The web app does not build:\n${output.trim()}`)
    writeFileSync(stamp, hash)
  })
}

function hashSources() {
  const hash = createHash('sha256')
  for (const source of sources) {
    for (const file of filesIn(join(root, source))) {
      const content = readFileSync(file)
      hash.update(`${relative(root, file)}\0${content.length}\0`).update(content)
    }
  }
  return hash.digest('hex')
}

/**
 * Every file below `path`, in a fixed order.
 * @param {string} path
 * @returns {Generator<string>}
 */
function* filesIn(path) {
  if (!existsSync(path)) return
  if (!statSync(path).isDirectory()) {
    yield path
    return
  }
  const names = readdirSync(path).filter((name) => !skipped.has(name))
  for (const name of names.toSorted()) yield* filesIn(join(path, name))
}
