import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readReport, takeCountsFlag } from './counts.mjs'

const folder = mkdtempSync(join(tmpdir(), 'atrium-counts-'))
const file = join(folder, 'report.json')
afterEach(() => rmSync(file, { force: true }))

function report(passed: number, failed: number, testResults: unknown[] = []): void {
  writeFileSync(file, JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults }))
}

test('passed and failed tests are counted', () => {
  const failing = { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] }
  report(7, 1, [failing])
  expect(readReport(file, 1)).toMatchObject({ passed: 7, failed: 1 })
})

test('a file that does not load is a failure', () => {
  report(7, 0, [{ status: 'failed', assertionResults: [] }])
  expect(readReport(file, 1)).toMatchObject({ passed: 7, failed: 1 })
})

test('an error outside of any test is a failure', () => {
  report(7, 0)
  expect(readReport(file, 1)).toMatchObject({ passed: 7, failed: 1 })
})

test('a run that left no report has failed', () => {
  expect(readReport(file, 0)).toMatchObject({ passed: 0, failed: 1 })
})

test('failures are named', () => {
  const name = join(process.cwd(), 'e2e/chat.e2e.ts')
  report(7, 1, [
    {
      status: 'failed',
      name,
      assertionResults: [
        { status: 'failed', fullName: 'streams', failureMessages: ['AssertionError: too late\n at x'] },
        { status: 'passed', fullName: 'starts', failureMessages: [] },
      ],
    },
  ])
  expect(readReport(file, 1)).toEqual({
    passed: 7,
    failed: 1,
    notes: ['✗ e2e/chat.e2e.ts > streams: AssertionError: too late'],
  })
})

test('the flag for a caller is taken out of the arguments', () => {
  expect(takeCountsFlag(['ledger', '--counts=/tmp/x', '-t', 'a'])).toEqual({
    countsFile: '/tmp/x',
    args: ['ledger', '-t', 'a'],
  })
  expect(takeCountsFlag(['ledger'])).toEqual({ countsFile: null, args: ['ledger'] })
})
