import {
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api'
import { inputTokens, outputTokens } from '@atrium/wire'
import { spanIdOf, traceIdOf, type Telemetry } from '#platform/telemetry'
import type { CallResult, ModelCall } from '../types.ts'
import type { CallRecord } from './record.ts'

/** The span that an operator's collector gets of one call. */
export interface CallSpan {
  ended(record: CallRecord, result: CallResult): void
}

/**
 * Runs a call in a span for the operator's collector, if there is one: by OpenTelemetry's conventions for generative AI,
 * with the reason for the choice of deployment. Never carries what people or models wrote.
 */
export function inCallSpan(
  telemetry: Telemetry,
  call: ModelCall,
  record: CallRecord,
  work: (span: CallSpan | undefined) => Promise<CallResult>,
): Promise<CallResult> {
  if (!telemetry.exports) return work(undefined)
  const attributes: Attributes = { 'atrium.workspace.id': call.workspaceId }
  const run = (span: Span): Promise<CallResult> =>
    work({ ended: (ended, result) => describe(span, call, ended, result) })
  const parent = parentOf(call, record)
  return parent
    ? telemetry.withSpan(`chat ${call.model}`, attributes, run, parent)
    : telemetry.withSpan(`chat ${call.model}`, attributes, run)
}

/** Notes a call that was passed on, when it is over. */
export function spanOfForwarded(
  telemetry: Telemetry,
  call: ModelCall,
  record: CallRecord,
  result: CallResult,
): void {
  if (!telemetry.exports) return
  void inCallSpan(telemetry, call, record, async (span) => {
    span?.ended(record, result)
    return result
  })
}

/** Files the span under the trace that the caller knows; without a span there any id will do, and this one is stable. */
function parentOf({ trace: place }: ModelCall, { id }: CallRecord): Context | undefined {
  if (!place) return undefined
  const { traceId, parentId } = place
  const spanId = parentId ?? spanIdOf(id)
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, isRemote: true })
}

function describe(span: Span, call: ModelCall, record: CallRecord, result: CallResult): void {
  const { deployment } = record
  span.setAttributes(callAttributes(call, record, result))
  if (deployment?.kind === 'remote') span.setAttribute('server.address', new URL(deployment.baseUrl).hostname)
  if (!result.error) return
  span.setAttribute('error.type', result.error.code)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/**
 * What a call was, without what was written in it: by OpenTelemetry's conventions for generative AI 1.41
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/), and of ours where it came from, what became of it
 * and why it went where it went.
 */
export function callAttributes(call: ModelCall, record: CallRecord, result: CallResult): Attributes {
  const { deployment, usage } = record
  const { input, output } = usage
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': deployment?.kind === 'remote' ? deployment.telemetryName : 'atrium',
    'gen_ai.request.model': call.model,
    'gen_ai.response.model': record.responseModel ?? deployment?.upstreamId,
    'gen_ai.response.id': record.responseId ?? undefined,
    'gen_ai.response.finish_reasons': result.finishReason ? [result.finishReason.unified] : undefined,
    'gen_ai.response.time_to_first_chunk':
      result.firstTokenMs === null ? undefined : result.firstTokenMs / 1000,
    'gen_ai.usage.input_tokens': inputTokens(usage),
    'gen_ai.usage.output_tokens': outputTokens(usage),
    'gen_ai.usage.cache_read.input_tokens': input.cacheRead || undefined,
    'gen_ai.usage.cache_creation.input_tokens': input.cacheWrite5m + input.cacheWrite1h || undefined,
    'gen_ai.usage.reasoning.output_tokens': output.reasoning || undefined,
    // Exact: an amount of nano-dollars has fewer digits than a double holds.
    'gen_ai.usage.cost': result.costNanoUsd === null ? undefined : Number(result.costNanoUsd) / 1e9,
    'user.id': call.personId,
    'atrium.call.id': record.id,
    'atrium.call.purpose': call.purpose,
    'atrium.call.status': result.status,
    'atrium.usage.estimated': result.usage.estimated || undefined,
    ...settings(call),
    ...callerAttributes(call),
    ...routeAttributes(result),
  }
}

/** Of a request that passes untouched, what was read of it anyway. */
function settings(call: ModelCall): Attributes {
  const { raw } = call
  return raw
    ? { 'gen_ai.request.max_tokens': raw.maxOutputTokens, 'gen_ai.request.stream': raw.stream || undefined }
    : {
        'gen_ai.request.max_tokens': call.request.maxOutputTokens,
        'gen_ai.request.temperature': call.request.temperature,
      }
}

function callerAttributes({ payer, keyName, raw, session, affinity, metadata }: ModelCall): Attributes {
  return {
    'atrium.key.id': payer?.keyId ?? undefined,
    'atrium.key.name': keyName,
    'atrium.team': payer?.teamIds[0],
    'atrium.gateway.dialect': raw?.dialect,
    'gen_ai.conversation.id': session ?? affinity,
    ...(metadata &&
      Object.fromEntries(
        Object.entries(metadata).map(([name, value]) => [`atrium.metadata.${name}`, value]),
      )),
  }
}

/** Why the call went where it went; of a call that went the only way there was, just where. */
function routeAttributes({ why }: CallResult): Attributes {
  const { candidates, attempts, fidelity } = why
  const isPlain = candidates.length < 2 && attempts.length < 2
  return {
    'atrium.route.policy': why.policy,
    'atrium.route.version': why.version ?? undefined,
    'atrium.route.rule': why.rule ?? undefined,
    'atrium.route.variant': why.variant ?? undefined,
    'atrium.route.chosen': why.chosen ?? undefined,
    'atrium.route.stopped': why.stopped ?? undefined,
    'atrium.route.passthrough': why.passthrough || undefined,
    'atrium.route.attempts': attempts.length,
    'atrium.route.candidates': isPlain ? undefined : JSON.stringify(candidates),
    'atrium.route.fidelity': fidelity.length === 0 ? undefined : JSON.stringify(fidelity),
  }
}

/** Of a call that begins a trace of its own, and of one that belongs to another. */
export const placeOf = ({ trace: place }: ModelCall, { id }: CallRecord) =>
  place ?? { traceId: traceIdOf(id), parentId: null }
