import {
  isValidTraceId,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api'
import { inputTokens, outputTokens } from '@atrium/wire'
import type { Telemetry } from '#platform/telemetry'
import type { CallResult, ModelCall } from '../types.ts'
import type { CallRecord } from './record.ts'

/** The span of one call. */
export interface CallSpan {
  ended(record: CallRecord, result: CallResult): void
}

/**
 * Runs a call in a span by OpenTelemetry's conventions for generative AI
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/), with the reason for the choice of deployment.
 * Never carries what people or models wrote.
 */
export function inCallSpan(
  telemetry: Telemetry,
  call: ModelCall,
  work: (span: CallSpan | undefined) => Promise<CallResult>,
): Promise<CallResult> {
  if (!telemetry.exports) return work(undefined)
  const attributes: Attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': call.model,
    'gen_ai.output.type': 'text',
    'atrium.workspace.id': call.workspaceId,
    'atrium.person.id': call.personId,
    'atrium.call.purpose': call.purpose,
    ...settingsOf(call),
  }
  const run = (span: Span): Promise<CallResult> =>
    work({ ended: (record, result) => describe(span, record, result) })
  const parent = parentOf(call)
  return parent
    ? telemetry.withSpan(`chat ${call.model}`, attributes, run, parent)
    : telemetry.withSpan(`chat ${call.model}`, attributes, run)
}

/** Notes a call that was passed on, when it is over. */
export function noteCall(
  telemetry: Telemetry,
  call: ModelCall,
  record: CallRecord,
  result: CallResult,
): void {
  if (!telemetry.exports) return
  void inCallSpan(telemetry, call, async (span) => {
    span?.ended(record, result)
    return result
  })
}

function settingsOf(call: ModelCall): Attributes {
  const { maxOutputTokens, temperature } = call.request
  return {
    ...(maxOutputTokens === undefined ? {} : { 'gen_ai.request.max_tokens': maxOutputTokens }),
    ...(temperature === undefined ? {} : { 'gen_ai.request.temperature': temperature }),
  }
}

/** Files the span under the trace that the caller has shown to its client. */
function parentOf({ traceId, workspaceId }: ModelCall): Context | undefined {
  if (traceId === undefined || !isValidTraceId(traceId)) return undefined
  // A trace id without a span: any span id will do, and this one is stable.
  const spanId = workspaceId.replaceAll('-', '').slice(16)
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, isRemote: true })
}

function describe(span: Span, record: CallRecord, result: CallResult): void {
  const { deployment, usage } = record
  span.setAttributes({
    'gen_ai.provider.name': deployment?.kind === 'remote' ? deployment.telemetryName : 'atrium',
    'gen_ai.usage.input_tokens': inputTokens(usage),
    'gen_ai.usage.output_tokens': outputTokens(usage),
    'gen_ai.usage.cache_read.input_tokens': usage.input.cacheRead,
    'gen_ai.usage.cache_creation.input_tokens': usage.input.cacheWrite5m + usage.input.cacheWrite1h,
    'atrium.call.id': record.id,
    'atrium.call.status': result.status,
    'atrium.call.why': JSON.stringify(result.why),
    'atrium.usage.estimated': result.usage.estimated,
    ...(result.finishReason ? { 'gen_ai.response.finish_reasons': [result.finishReason.unified] } : {}),
    ...(record.responseId ? { 'gen_ai.response.id': record.responseId } : {}),
    ...(record.responseModel ? { 'gen_ai.response.model': record.responseModel } : {}),
    ...(result.firstTokenMs === null ? {} : { 'atrium.call.first_token_ms': result.firstTokenMs }),
    ...(result.costNanoUsd === null ? {} : { 'atrium.call.cost_nano_usd': result.costNanoUsd.toString() }),
    ...(deployment?.kind === 'remote' ? { 'server.address': new URL(deployment.baseUrl).hostname } : {}),
  })
  if (!result.error) return
  span.setAttribute('error.type', result.error.code)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
