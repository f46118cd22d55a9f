import { startTestServer, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { InterruptedCall } from '#modules/ledger'
import { storableCall } from '../store.ts'
import { interruptedRow } from './call-row.ts'
import { createHeir } from './heir.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

function interrupted(priceSource: string | null, costNanoUsd: bigint): InterruptedCall {
  const { clock } = server.running.platform
  return {
    workspaceId: clock.uuid(),
    callId: clock.uuid(),
    costNanoUsd,
    about: {
      person_id: clock.uuid(),
      purpose: 'gateway',
      model: 'openai/fake-1',
      connection_id: null,
      upstream_model: 'fake-1',
      price_source: priceSource,
      trace_id: null,
      created_at: '2026-11-21T12:00:00.000Z',
      key_id: null,
      team_id: null,
      alias: null,
      alias_version: null,
      dialect: null,
    },
  }
}

async function inherit(
  records: readonly { id: string; json: string }[],
  calls: readonly InterruptedCall[],
): Promise<Record<string, unknown>[]> {
  const { jobDb, log } = server.running.platform
  const heir = createHeir({ waiting: () => [] }, log)
  await jobDb.transaction((tx) => heir.inherit(tx, { records, interrupted: calls }))
  const ids = [...records.map(({ id }) => id), ...calls.map(({ callId }) => callId)]
  const { rows } = await jobDb.pool.query<Record<string, unknown>>(
    'SELECT id, status, error_code, cost_nano_usd FROM models.calls WHERE id = ANY ($1) ORDER BY id',
    [ids],
  )
  return rows
}

it('a record that no database would take keeps none of the others out', async () => {
  const [one, two] = [interrupted('mine', 5n), interrupted('mine', 6n)]
  const row = interruptedRow(one)
  if (!row) throw new Error('no row')
  const good = storableCall({ ...row, status: 'finished', error_code: null })
  const bad = storableCall({ ...row, id: server.running.platform.clock.uuid(), status: 'unheard of' })
  const stored = [
    { id: good.id, status: 'finished', error_code: null, cost_nano_usd: '5' },
    { id: two.callId, status: 'failed', error_code: 'PROCESS_ENDED', cost_nano_usd: '6' },
  ]
  expect(await inherit([bad, good], [two])).toEqual(stored)
  // What comes twice changes nothing.
  expect(await inherit([bad, good], [two, one])).toEqual(stored)
})

it('a call of unknown price has an unknown cost, unless a budget was charged for it', async () => {
  const [unknown, charged, free] = [interrupted(null, 0n), interrupted(null, 7n), interrupted('mine', 0n)]
  expect((await inherit([], [unknown, charged, free])).map((row) => row['cost_nano_usd'])).toEqual([
    null,
    '7',
    '0',
  ])
})

it('a call of which nobody knows what it was has no row', async () => {
  expect(await inherit([], [{ ...interrupted('mine', 1n), about: { model: 'openai/fake-1' } }])).toEqual([])
})
