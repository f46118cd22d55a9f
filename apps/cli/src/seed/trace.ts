import type { AttributeValue, OtlpSpan, SpanEvent } from '@atrium/wire/otlp'
import type { Random } from './random.ts'

/** A span under way; times are milliseconds since 1970. */
export interface OpenSpan {
  readonly id: string
  readonly parentId: string
  readonly name: string
  readonly kind: 1 | 3
  readonly startMs: number
  endMs: number
  readonly attributes: Map<string, AttributeValue>
  error: { readonly type: string; readonly message: string } | null
}

/** The spans of one trace, each after its parent. */
export class Trace {
  readonly id: string
  readonly spans: OpenSpan[] = []
  readonly #random: Random
  /** What every span of the trace tells. */
  readonly #common: readonly (readonly [string, AttributeValue])[]

  constructor(random: Random, common: readonly (readonly [string, AttributeValue])[]) {
    this.#random = random
    this.#common = common
    this.id = random.hex(4)
  }

  open(
    parent: OpenSpan | null,
    name: string,
    startMs: number,
    attributes: readonly (readonly [string, AttributeValue])[],
    kind: 1 | 3 = 1,
  ): OpenSpan {
    const span: OpenSpan = {
      id: this.#random.hex(2),
      parentId: parent?.id ?? '',
      name,
      kind,
      startMs,
      endMs: startMs,
      attributes: new Map([...this.#common, ...attributes]),
      error: null,
    }
    this.spans.push(span)
    return span
  }

  /** The spans as they are sent, `shiftMs` later. */
  finished(shiftMs: number): OtlpSpan[] {
    return this.spans.map((span) => ({
      traceId: this.id,
      spanId: span.id,
      parentSpanId: span.parentId,
      traceState: '',
      name: span.name,
      kind: span.kind,
      startNs: nanoseconds(span.startMs + shiftMs),
      endNs: nanoseconds(span.endMs + shiftMs),
      attributes: span.attributes,
      events: span.error ? [exceptionOf(span, shiftMs)] : [],
      links: [],
      status: { code: span.error ? 2 : 0, message: span.error?.message ?? '' },
      dropped: 0,
    }))
  }
}

/** Microseconds are all that a double holds of a moment. */
const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1000)) * 1000n

function exceptionOf({ endMs, error }: OpenSpan, shiftMs: number): SpanEvent {
  return {
    timeNs: nanoseconds(endMs + shiftMs),
    name: 'exception',
    attributes: new Map([
      ['exception.type', error?.type ?? ''],
      ['exception.message', error?.message ?? ''],
    ]),
  }
}

export function fail(span: OpenSpan, type: string): void {
  span.error = { type, message: messages.get(type) ?? type }
  span.attributes.set('error.type', type)
}

const messages = new Map([
  ['429', 'Too many requests; the limit of the organisation is reached.'],
  ['503', 'The service is unavailable.'],
  ['502', 'Bad gateway.'],
  ['overloaded_error', 'Overloaded.'],
  ['timeout', 'No answer within the time allowed.'],
  ['ECONNREFUSED', 'The connection was refused.'],
  ['permission_denied', 'The account of the agent may not do this.'],
  ['not_found', 'There is nothing of that name.'],
  ['context_length_exceeded', 'The prompt is longer than the model can read.'],
  ['content_filter', 'The answer was withheld by a filter.'],
  ['invalid_arguments', 'The arguments do not fit the schema of the tool.'],
])
