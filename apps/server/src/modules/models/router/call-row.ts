import { z } from 'zod'
import type { InterruptedCall } from '#modules/ledger'
import { traceIdOf } from '#platform/telemetry'
import { processEnded, storableJson, type CallRow } from '../store.ts'
import type { CallResult, ModelCall, Why } from '../types.ts'
import type { Deployment } from './deployment.ts'
import type { CallRecord } from './record.ts'
import { defaultTimeouts } from './watchdog.ts'

/** A call as it is stored. */
export function rowOf(call: ModelCall, record: CallRecord, result: CallResult): CallRow {
  const { input, output, estimated } = result.usage
  return {
    workspace_id: call.workspaceId,
    id: record.id,
    ...beginningOf(call, record, record.deployment),
    status: result.status,
    finish_reason: result.finishReason?.unified ?? null,
    finish_reason_raw: result.finishReason?.raw ?? null,
    error_code: result.error?.code ?? null,
    input_uncached: input.uncached,
    input_cache_read: input.cacheRead,
    input_cache_write_5m: input.cacheWrite5m,
    input_cache_write_1h: input.cacheWrite1h,
    output_text: output.text,
    output_reasoning: output.reasoning,
    usage_raw: record.usage.raw,
    estimated,
    cost_nano_usd: result.costNanoUsd?.toString() ?? null,
    first_token_ms: result.firstTokenMs,
    total_ms: result.totalMs,
    why: result.why,
    passthrough: result.passthrough,
    attempts: result.why.attempts.length,
    lost_nano_usd: record.lostNanoUsd?.toString() ?? null,
  }
}

const nullableText = z.string().nullable()

/** What is known of a call when an attempt of it begins. */
const beginning = z.object({
  person_id: z.uuid(),
  purpose: z.string(),
  model: z.string(),
  connection_id: z.uuid().nullable(),
  upstream_model: nullableText,
  price_source: nullableText,
  trace_id: nullableText,
  created_at: z.iso.datetime(),
  key_id: z.uuid().nullable(),
  team_id: z.uuid().nullable(),
  alias: nullableText,
  alias_version: z.int().nullable(),
  dialect: nullableText,
})
type Beginning = z.infer<typeof beginning>

const beginningOf = (
  call: ModelCall,
  record: Pick<CallRecord, 'id' | 'createdAt' | 'route'>,
  deployment: Deployment | undefined,
): Beginning => ({
  person_id: call.personId,
  purpose: call.purpose,
  model: call.model,
  connection_id: deployment?.kind === 'remote' ? deployment.connectionId : null,
  upstream_model: deployment?.upstreamId ?? null,
  price_source: deployment?.price?.source ?? null,
  trace_id: call.trace?.traceId ?? traceIdOf(record.id),
  created_at: record.createdAt.toISOString(),
  key_id: call.payer?.keyId ?? null,
  team_id: call.payer?.teamIds[0] ?? null,
  alias: record.route?.alias?.name ?? null,
  alias_version: record.route?.alias?.version ?? null,
  dialect: call.raw?.dialect ?? null,
})

/** What the ledger keeps of a call until it has a row. */
export const aboutOf = (call: ModelCall, record: CallRecord, deployment: Deployment): string =>
  storableJson(beginningOf(call, record, deployment))

const nothingSaid = {
  status: 'failed',
  finish_reason: null,
  finish_reason_raw: null,
  error_code: processEnded,
  input_uncached: 0,
  input_cache_read: 0,
  input_cache_write_5m: 0,
  input_cache_write_1h: 0,
  output_text: 0,
  output_reasoning: 0,
  usage_raw: null,
  estimated: true,
  first_token_ms: null,
  total_ms: 0,
  passthrough: false,
  attempts: 1,
  lost_nano_usd: null,
} as const

/** The row of a call whose process died under it; undefined when it cannot be told what call it was. */
export function interruptedRow({
  workspaceId,
  callId,
  about,
  costNanoUsd,
}: InterruptedCall): CallRow | undefined {
  const { data } = beginning.safeParse(about)
  if (!data) return undefined
  const why: Why = {
    model: data.model,
    policy: 'single',
    version: data.alias_version,
    rule: null,
    variant: null,
    candidates: [],
    chosen: data.upstream_model,
    attempts: [],
    stopped: 'the process that made the call has ended; its outcome is unknown',
    passthrough: false,
    fidelity: [],
    timeouts: { ...defaultTimeouts },
  }
  const isUnknown = data.price_source === null && costNanoUsd === 0n
  return {
    workspace_id: workspaceId,
    id: callId,
    ...data,
    ...nothingSaid,
    cost_nano_usd: isUnknown ? null : costNanoUsd.toString(),
    why,
  }
}
