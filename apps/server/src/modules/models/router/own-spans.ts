import { RequestError } from '@atrium/wire'
import type { OtlpSpan } from '@atrium/wire/otlp'
import { otlpSpanOf, spanIdOf, type Telemetry } from '#platform/telemetry'
import type { Attempt, CallListener, CallResult, ModelCall } from '../types.ts'
import { KeptReply, ReplyMemory } from './kept-reply.ts'
import { charsOf, inputOf } from './kept-request.ts'
import type { CallRecord } from './record.ts'
import { callAttributes, placeOf } from './span.ts'

/** A call that is over, for the workspace that made it. */
export interface EndedCall {
  readonly call: ModelCall
  readonly record: CallRecord
  readonly result: CallResult
  /** What was answered; undefined when texts are not kept, or nobody has taken them apart. */
  readonly reply?: KeptReply | undefined
  /** Default `chat`. */
  readonly operation?: string
}

/** Keeps calls among the traces of their workspaces. */
export interface CallSpans {
  /** The listener, or one that also remembers what is answered. */
  hear(call: ModelCall, listener: CallListener): { listener: CallListener; reply?: KeptReply }
  /** Costs next to nothing: the spans are made later. */
  ended(ended: EndedCall): void
}

export function createCallSpans(telemetry: Telemetry): CallSpans {
  const memory = new ReplyMemory()
  return {
    hear: (call, listener) => {
      if (telemetry.keeps !== 'texts') return { listener }
      const reply = new KeptReply(listener, call.raw?.dialect, memory)
      return { listener: reply, reply }
    },
    ended: (ended) => {
      if (telemetry.keeps === 'nothing') return
      const { call, reply, record } = ended
      const { ageMs } = record
      const time = { startedAtMs: Date.now() - ageMs, durationMs: ageMs }
      telemetry.note({
        workspaceId: call.workspaceId,
        // What a person writes in the chat is nobody else's.
        privateTo: call.purpose === 'gateway' ? null : call.personId,
        chars: sizeOf(call) + (reply?.release() ?? 0),
        describe: () => spansOf(ended, time),
      })
    },
  }
}

const sizeOf = (call: ModelCall): number => call.raw?.bodyText.length ?? charsOf(call.request.messages)

interface Time {
  readonly startedAtMs: number
  readonly durationMs: number
}

/** The span of the call and, where there was more than one attempt, one of each. */
function spansOf(ended: EndedCall, time: Time): OtlpSpan[] {
  const { call, record, result, operation = 'chat' } = ended
  const place = placeOf(call, record)
  const spanId = spanIdOf(record.id)
  const span = otlpSpanOf({
    place,
    spanId,
    name: `${operation} ${call.model}`,
    kind: call.purpose === 'gateway' ? 'server' : 'client',
    ...time,
    attributes: {
      ...callAttributes(call, record, result),
      'gen_ai.operation.name': operation,
      ...messagesOf(ended),
    },
    error: result.error && { type: result.error.code, message: result.error.message },
  })
  const { attempts } = result.why
  if (attempts.length < 2) return [span]
  const children = attempts.map((attempt, index) =>
    otlpSpanOf({
      place: { traceId: place.traceId, parentId: spanId },
      spanId: attemptId(spanId, index),
      name: `attempt ${attempt.deployment}`,
      kind: 'client',
      startedAtMs: time.startedAtMs + (record.attemptsBegunMs[index] ?? 0),
      durationMs: attempt.ms,
      attributes: attemptAttributes(attempt, index),
      error: isFailure(attempt) ? { type: attempt.outcome, message: '' } : null,
    }),
  )
  return [span, ...children]
}

/** Other bits of the call's id for each attempt. */
const attemptId = (spanId: string, index: number): string =>
  (BigInt(`0x${spanId}`) ^ BigInt(index + 1)).toString(16).padStart(16, '0')

const isFailure = ({ outcome }: Attempt): boolean =>
  outcome !== 'finished' && outcome !== 'aborted' && outcome !== 'overtaken'

/** Its tokens and its cost are in those of the call, so they stand under names that nobody adds up. */
const attemptAttributes = (attempt: Attempt, index: number) => ({
  'atrium.attempt.number': index + 1,
  'atrium.attempt.deployment': attempt.deployment,
  'atrium.attempt.outcome': attempt.outcome,
  'atrium.attempt.hedge': attempt.hedge || undefined,
  'atrium.attempt.sent': attempt.sent,
  'atrium.attempt.cost_nano_usd': attempt.costNanoUsd ?? undefined,
  'atrium.attempt.first_token_ms': attempt.firstTokenMs ?? undefined,
  'http.response.status_code': attempt.status ?? undefined,
})

function messagesOf({ call, result, reply }: EndedCall) {
  if (!reply) return {}
  const parts = reply.message()
  const asked = askedOf(call)
  return {
    'gen_ai.input.messages': asked && JSON.stringify(asked.messages),
    'gen_ai.output.messages':
      parts.length === 0
        ? undefined
        : JSON.stringify([
            { role: 'assistant', parts, finish_reason: result.finishReason?.unified ?? result.status },
          ]),
    'atrium.input.left_out': asked?.leftOut || undefined,
    'atrium.output.is_cut': reply.isCut || undefined,
  }
}

/** Of a request that its own provider understands and this program does not, nothing. */
function askedOf(call: ModelCall): ReturnType<typeof inputOf> | undefined {
  try {
    return inputOf(call.request)
  } catch (error) {
    if (error instanceof RequestError) return undefined
    throw error
  }
}
