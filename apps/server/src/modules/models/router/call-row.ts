import type { CallRow } from '../store.ts'
import type { CallResult, ModelCall } from '../types.ts'
import type { CallRecord } from './record.ts'

/** A call as it is stored. */
export function rowOf(call: ModelCall, record: CallRecord, result: CallResult): CallRow {
  const { input, output, estimated } = result.usage
  const { deployment } = record
  return {
    workspace_id: call.workspaceId,
    id: record.id,
    person_id: call.personId,
    purpose: call.purpose,
    model: call.model,
    connection_id: deployment?.kind === 'remote' ? deployment.connectionId : null,
    upstream_model: deployment?.upstreamId ?? null,
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
    price_source: deployment?.price?.source ?? null,
    first_token_ms: result.firstTokenMs,
    total_ms: result.totalMs,
    why: result.why,
    trace_id: call.traceId ?? null,
    created_at: record.createdAt.toISOString(),
    key_id: call.payer?.keyId ?? null,
    team_id: call.payer?.teamIds[0] ?? null,
    alias: record.route?.alias?.name ?? null,
    alias_version: record.route?.alias?.version ?? null,
    dialect: call.raw?.dialect ?? null,
    passthrough: result.passthrough,
    attempts: result.why.attempts.length,
    lost_nano_usd: record.lostNanoUsd?.toString() ?? null,
  }
}
