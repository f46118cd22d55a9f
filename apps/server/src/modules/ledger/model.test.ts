import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Bench, callOf, codeOf, finish, newId, openBench, type Process } from './test-support.ts'
import type { Hold, Payer } from './types.ts'
import { verifyBook } from './verify.ts'

let bench: Bench
let processes: Process[]
beforeAll(async () => {
  bench = await openBench()
  processes = [await bench.open(), await bench.open()]
})
afterAll(async () => {
  for (const one of processes) await one[Symbol.asyncDispose]()
  await bench[Symbol.asyncDispose]()
})

/** Three people in two teams; who pays decides which budgets are asked. */
const payers = 3
type Step =
  | { readonly kind: 'hold'; readonly process: number; readonly payer: number; readonly amount: number }
  | { readonly kind: 'settle'; readonly which: number; readonly share: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('hold' as const),
      process: fc.nat(1),
      payer: fc.nat(payers - 1),
      amount: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('settle' as const), which: fc.nat(), share: fc.nat(100) }),
  },
)

/** Limits of the workspace, of both teams and of each person. */
const limits = fc.tuple(...Array.from({ length: 6 }, () => fc.integer({ min: 0, max: 400 })))

interface Model {
  readonly budgets: { readonly id: string; readonly limit: bigint; readonly covers: readonly boolean[] }[]
  readonly open: { readonly hold: Hold; readonly payer: number }[]
  readonly spent: bigint[]
}

/** What a budget can still give, by the model. */
const left = ({ budgets, open, spent }: Model, index: number): bigint => {
  const budget = budgets[index]
  const held = open.reduce((sum, { hold, payer }) => sum + (budget?.covers[payer] ? hold.nanoUsd : 0n), 0n)
  return (budget?.limit ?? 0n) - (spent[index] ?? 0n) - held
}

it('holds are granted while all budgets of a payer have enough, refused when one has not, and the book says so', async () => {
  await fc.assert(
    fc.asyncProperty(limits, fc.array(step, { minLength: 5, maxLength: 60 }), async (amounts, steps) => {
      const workspaceId = newId()
      const teams = [newId(), newId()]
      const people: Payer[] = Array.from({ length: payers }, (_, index) => ({
        workspaceId,
        personId: newId(),
        keyId: null,
        teamIds: index === 2 ? teams : teams.slice(index, index + 1),
      }))
      const model = await makeBudgets(workspaceId, teams, people, amounts)
      for (const one of steps) await take(one, model, people)
      for (const { hold, payer } of model.open.splice(0)) settle(model, hold, payer, hold.nanoUsd)
      await expect
        .poll(() => committed(workspaceId), { timeout: 10_000 })
        .toEqual(new Map(model.budgets.map(({ id }, index) => [id, model.spent[index]])))
      expect(await verifyBook(bench.server.running.platform.db, workspaceId)).toMatchObject({
        balanced: true,
        overLimit: 0,
      })
    }),
    { numRuns: 25, endOnFailure: true },
  )
}, 120_000)

async function makeBudgets(
  workspaceId: string,
  teams: readonly string[],
  people: readonly Payer[],
  amounts: readonly number[],
): Promise<Model> {
  const scopes = [
    { scope: 'workspace', scopeId: null },
    ...teams.map((scopeId) => ({ scope: 'team', scopeId })),
    ...people.map(({ personId: scopeId }) => ({ scope: 'person', scopeId })),
  ]
  const budgets: Model['budgets'] = []
  for (const [index, { scope, scopeId }] of scopes.entries()) {
    const limit = BigInt(amounts[index] ?? 0)
    const id = await bench.budget({ workspaceId, scope, scopeId, limit })
    const covers = people.map(
      ({ personId, teamIds }) => scopeId === null || scopeId === personId || teamIds.includes(scopeId),
    )
    budgets.push({ id, limit, covers })
  }
  return { budgets, open: [], spent: budgets.map(() => 0n) }
}

async function take(one: Step, model: Model, people: readonly Payer[]): Promise<void> {
  if (one.kind === 'hold') {
    const payer = people[one.payer]
    const amount = BigInt(one.amount)
    const room = model.budgets.every(
      ({ covers }, index) => !covers[one.payer] || left(model, index) >= amount,
    )
    try {
      const hold = await processes[one.process]?.ledger.hold(callOf(payer as Payer, amount))
      expect(room).toBe(true)
      model.open.push({ hold: hold as Hold, payer: one.payer })
    } catch (error) {
      expect(codeOf(error)).toBe('BUDGET_EXHAUSTED')
      expect(room).toBe(false)
    }
  } else if (model.open.length > 0) {
    const [{ hold, payer } = { hold: undefined, payer: 0 }] = model.open.splice(
      one.which % model.open.length,
      1,
    )
    if (hold) settle(model, hold, payer, (hold.nanoUsd * BigInt(one.share)) / 100n)
  }
}

function settle(model: Model, hold: Hold, payer: number, cost: bigint): void {
  finish(hold, cost)
  for (const [index, { covers }] of model.budgets.entries())
    if (covers[payer]) model.spent[index] = (model.spent[index] ?? 0n) + cost
}

async function committed(workspaceId: string): Promise<Map<string, bigint>> {
  const rows = await bench.rows<{ id: string; spent: string }>(
    `SELECT b.id, coalesce(sum(q.spent_nano_usd), 0) AS spent FROM ledger.budgets b
    LEFT JOIN ledger.budget_periods q ON q.workspace_id = b.workspace_id AND q.budget_id = b.id
    WHERE b.workspace_id = $1 GROUP BY b.id ORDER BY b.id`,
    [workspaceId],
  )
  return new Map(rows.map(({ id, spent }) => [id, BigInt(spent)]))
}
