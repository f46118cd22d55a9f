import { readFileSync, writeFileSync } from 'node:fs'

/** @typedef {{ passed: number, failed: number }} Counts */

const flag = '--counts='

/**
 * Takes `--counts=FILE` out of the arguments: where a caller wants the numbers.
 * @param {readonly string[]} argv
 */
export function takeCountsFlag(argv) {
  const given = argv.find((word) => word.startsWith(flag))
  return { countsFile: given?.slice(flag.length) ?? null, args: argv.filter((word) => word !== given) }
}

/**
 * Ends a run: prints `N passed, N failed` as the last line and sets the exit code. A run without any test has failed.
 * @param {Counts} counts
 * @param {string | null} countsFile when given, receives the numbers instead, and the line says whose they are
 * @param {string} what such as "Tests"
 */
export function finish({ passed, failed }, countsFile, what) {
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
  const line = `${passed} passed, ${failed} failed`
  if (countsFile === null) console.log(line)
  else {
    writeFileSync(countsFile, `${passed} ${failed}\n`)
    console.log(`${what}: ${line}`)
  }
}

/**
 * Counts what vitest's JSON report tells. A file that does not load, an error outside of any test and a missing
 * report count as one failure each.
 * @param {string} file
 * @param {number} exitCode vitest's
 * @returns {Counts}
 */
export function readReport(file, exitCode) {
  const report = parse(file)
  if (report === null) return { passed: 0, failed: 1 }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length
  const failed = report.numFailedTests + unloaded
  return { passed: report.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed }
}

/**
 * @param {string} file
 * @returns {{ numPassedTests: number, numFailedTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[] } | null}
 */
function parse(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}
