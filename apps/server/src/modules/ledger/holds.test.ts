import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Bench, callOf, codeOf, finish, openBench } from './test-support.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench[Symbol.asyncDispose]())

it('two processes spend a budget to its last nano-dollar and never beyond', async () => {
  await bench.budget({ limit: 1000n })
  await using one = await bench.open()
  await using two = await bench.open()
  const payer = bench.payer()
  const outcomes = await Promise.all(
    Array.from({ length: 1200 }, async (_, call) => {
      try {
        const hold = await (call % 2 ? one : two).ledger.hold(callOf(payer, 1n))
        await sleep(5)
        finish(hold)
        return 'spent'
      } catch (error) {
        return codeOf(error)
      }
    }),
  )
  expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(1000)
  expect(outcomes.filter((outcome) => outcome === 'BUDGET_EXHAUSTED')).toHaveLength(200)
})
