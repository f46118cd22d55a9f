import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'

/**
 * What a run came to. `notes` has a line for each failure.
 * @typedef {{ passed: number, failed: number, notes?: readonly string[] }} Counts
 */

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
 * @param {string | null} countsFile when given, receives the numbers and the notes, a line each, and the line says whose
 * they are
 * @param {string} what such as "Tests"
 */
export function finish({ passed, failed, notes = [] }, countsFile, what) {
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
  const line = `${passed} passed, ${failed} failed`
  if (notes.length > 0) console.log(notes.join('\n'))
  if (countsFile === null) console.log(line)
  else {
    writeFileSync(countsFile, [`${passed} ${failed}`, ...notes, ''].join('\n'))
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
  if (report === null) return { passed: 0, failed: 1, notes: ['✗ a run of tests left no report'] }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  const notes = [
    ...report.testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.flatMap((test) => noteOn(name, test)),
    ),
    ...unloaded.map(({ name, message }) => `✗ ${shortPath(name)} did not load: ${firstLine(message)}`),
  ]
  const failed = report.numFailedTests + unloaded.length
  if (failed > 0 || exitCode === 0) return { passed: report.numPassedTests, failed, notes }
  return { passed: report.numPassedTests, failed: 1, notes: [...notes, '✗ an error outside of any test'] }
}

/**
 * @param {string | undefined} file
 * @param {AssertionResult} test
 */
function noteOn(file, { status, fullName, failureMessages }) {
  if (status !== 'failed') return []
  return [`✗ ${shortPath(file)} > ${fullName}: ${firstLine(failureMessages?.[0])}`]
}

/** @param {string | undefined} path */
function shortPath(path) {
  return path === undefined ? 'a file' : relative(process.cwd(), path)
}

/** @param {string | undefined} message */
function firstLine(message) {
  return (message ?? '').trim().split('\n', 1)[0]?.slice(0, 300) ?? ''
}

/** @typedef {{ status: string, fullName?: string, failureMessages?: string[] }} AssertionResult */

/**
 * @param {string} file
 * @returns {{ numPassedTests: number, numFailedTests: number,
 *   testResults: { status: string, name?: string, message?: string, assertionResults: AssertionResult[] }[] } | null}
 */
function parse(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}
