// Everything that can be judged without running the product: types, lint, format, dead code, architecture.
// Each counts as one check; the last line is `N passed, N failed`.
import { finish, takeCountsFlag } from './lib/counts.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { secondsSince } from './lib/progress.mjs'
import { capture } from './lib/run.mjs'
import { typedFolders } from './lib/typed-folders.mjs'

const { countsFile } = takeCountsFlag(process.argv.slice(2))

await ensureInstalled(process.stdout)

/** @type {(readonly [string, string, readonly string[]])[]} */
const checks = [
  ...typedFolders().map(
    (folder) => /** @type {const} */ ([`types of ${folder}`, 'tsc', ['-p', folder, '--noEmit']]),
  ),
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'oxfmt', ['--check']],
  ['dead code', 'knip', []],
  ['architecture', 'vitest', ['run', 'architecture', '--passWithNoTests']],
]

const counts = { passed: 0, failed: 0, notes: /** @type {string[]} */ ([]) }
for (const [name, tool, args] of checks) {
  const startedAt = performance.now()
  const { code, output } = await capture(tool, args)
  const passed = code === 0
  counts[passed ? 'passed' : 'failed'] += 1
  console.log(`${passed ? '✓' : '✗'} ${name} (${secondsSince(startedAt)} s)`)
  if (!passed) {
    console.log(output.trimEnd())
    counts.notes.push(`✗ ${name}`)
  }
}
finish(counts, countsFile, 'Checks')
