// Runs every test: unit and integration tests, then the browser tests under e2e/. Arguments go to vitest, so that
// `npm test -- ledger` runs what has "ledger" in its path. `--unit` or `--e2e` runs one kind only.
// The last line is `N passed, N failed`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureChromium } from './lib/chromium.mjs'
import { finish, readReport, takeCountsFlag } from './lib/counts.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { pinnedNode, run } from './lib/run.mjs'
import { ensureWebBuilt } from './lib/web.mjs'

const { countsFile, args: given } = takeCountsFlag(process.argv.slice(2))
const only = given.find((word) => word === '--unit' || word === '--e2e')
const args = given.filter((word) => word !== only)
const reports = mkdtempSync(join(tmpdir(), 'atrium-tests-'))

/**
 * @param {string} name
 * @param {readonly string[]} options
 * @param {Record<string, string>} env
 */
async function vitest(name, options, env) {
  const report = join(reports, `${name}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const words = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--passWithNoTests',
    ...options,
    ...reporters,
    ...args,
  ]
  const code = await run(pinnedNode, words, { env })
  return readReport(report, code)
}

/** @type {import('./lib/counts.mjs').Counts[]} */
const counts = []

/**
 * Counts a step that fails before it can count.
 * @param {() => Promise<void>} step
 */
async function attempt(step) {
  try {
    await step()
    return true
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    counts.push({ passed: 0, failed: 1, notes: ['✗ a step before the tests failed'] })
    return false
  }
}

if (await attempt(() => ensureInstalled(process.stdout))) {
  const isBuilt = await attempt(() => ensureWebBuilt(process.stdout))
  if (only !== '--e2e') counts.push(await vitest('unit', [], {}))
  if (only !== '--unit' && isBuilt) {
    await attempt(async () => {
      const chromium = await ensureChromium()
      counts.push(await vitest('e2e', ['--config', 'e2e/vitest.config.ts'], { CHROMIUM: chromium }))
    })
  }
}
rmSync(reports, { recursive: true, force: true })

const sum = (/** @type {'passed' | 'failed'} */ kind) =>
  counts.reduce((total, count) => total + count[kind], 0)
const notes = counts.flatMap((count) => count.notes ?? [])
finish({ passed: sum('passed'), failed: sum('failed'), notes }, countsFile, 'Tests')
