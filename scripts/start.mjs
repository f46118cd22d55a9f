// Runs Atrium from a checkout: installs and builds what is missing, then starts the server on the pinned Node.
// Uses nothing but Node's own modules, and works from Node 20 on.
import { readFileSync } from 'node:fs'
import { ensureInstalled } from './lib/install.mjs'
import { pinnedNode, run } from './lib/run.mjs'
import { ensureWebBuilt } from './lib/web.mjs'

const flags = process.argv.slice(2)

/** These print something and stop; their output is theirs alone. */
const onlyPrints = ['--print-config', '--help', '-h'].some((flag) => flags.includes(flag))
const stream = onlyPrints ? process.stderr : process.stdout

/** Only these targets serve the web app. */
const servesWeb = !['gateway', 'ingest', 'worker'].some((target) => flags.includes(`--target=${target}`))

/** npm ends without passing on what ended it, and would leave the server behind with nobody to stop it. */
if (process.env.npm_lifecycle_event === 'start') {
  const parent = process.ppid
  const look = () => void (process.ppid !== parent && process.kill(process.pid, 'SIGTERM'))
  setInterval(look, 500).unref()
}

try {
  await ensureInstalled(stream)
  if (servesWeb && !onlyPrints) await ensureWebBuilt(stream)
  process.exitCode = await run(pinnedNode, [...nodeFlags(), 'apps/server/src/main.ts', ...flags])
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

/** What Node is told before the server, see docs/decisions/0013-keeping-compiled-code.md. @returns {string[]} */
function nodeFlags() {
  return JSON.parse(readFileSync(new URL('../apps/server/node-flags.json', import.meta.url), 'utf8'))
}
