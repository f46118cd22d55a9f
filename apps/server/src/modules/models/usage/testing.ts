import { randomUUID } from 'node:crypto'
import type pg from 'pg'

/** A call as a test wants it to be recorded; the rest is usual. */
export interface SeededCall {
  readonly id: string
  readonly person_id: string
  readonly created_at: string
  readonly model: string
  readonly upstream_model: string | null
  readonly alias: string | null
  readonly connection_id: string | null
  readonly key_id: string | null
  readonly team_id: string | null
  readonly purpose: 'chat' | 'title' | 'gateway'
  readonly status: 'finished' | 'failed' | 'aborted'
  readonly input_uncached: number
  readonly input_cache_read: number
  readonly output_text: number
  readonly cost_nano_usd: string | null
  readonly first_token_ms: number | null
  readonly total_ms: number
  readonly estimated: boolean
}

export const seededCall = (personId: string, call: Partial<SeededCall> = {}): SeededCall => ({
  id: randomUUID(),
  person_id: personId,
  created_at: '2026-03-10T12:00:00.000Z',
  model: 'openai/gpt-4o',
  upstream_model: 'gpt-4o',
  alias: null,
  connection_id: null,
  key_id: null,
  team_id: null,
  purpose: 'chat',
  status: 'finished',
  input_uncached: 100,
  input_cache_read: 0,
  output_text: 10,
  cost_nano_usd: '350000',
  first_token_ms: 120,
  total_ms: 900,
  estimated: false,
  ...call,
})

/** Records calls as the router's writer does: one statement of the job role. */
export async function seedCalls(
  database: pg.Client,
  workspaceId: string,
  calls: readonly SeededCall[],
): Promise<void> {
  const usual = {
    workspace_id: workspaceId,
    input_cache_write_5m: 0,
    input_cache_write_1h: 0,
    output_reasoning: 0,
    usage_raw: {},
    price_source: 'a list',
    why: { model: 'x', attempts: [] },
    passthrough: false,
    attempts: 1,
    lost_nano_usd: '0',
  }
  await database.query(
    `INSERT INTO models.calls SELECT (jsonb_populate_record(NULL::models.calls, call)).*
    FROM jsonb_array_elements($1::jsonb) AS call`,
    [JSON.stringify(calls.map((call) => ({ ...usual, ...call })))],
  )
}
