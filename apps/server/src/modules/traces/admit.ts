import type { Origin, OtlpSpan } from '@atrium/wire/otlp'
import { faultOfTime, oldestMs, Unfit } from './admission.ts'
import { bounded } from './bounded.ts'
import { attributesOf, column, mostAttributes, signed, sourceOf, type Source } from './contents.ts'
import { factsOf } from './conventions/index.ts'
import type { SpanFacts } from './facts.ts'
import type { Redactor } from './redaction/index.ts'
import type { SpanRow } from './rows.ts'

const limits = {
  events: 1000,
  links: 1000,
  /** Characters of all that a span carries. */
  payloadChars: 2 * 1024 * 1024,
} as const

/** Spans of one origin, which may be made while they are taken. */
export interface SpanBatch extends Origin {
  readonly records: Iterable<OtlpSpan>
  /** The one person who may read their messages; whoever may read traces unless given. */
  readonly privateTo?: string | null
}

/**
 * Checks spans, reads what they are about, redacts them, and makes rows of them. What is too long is cut; a span whose
 * ids or times cannot be right is left out.
 */
export function* admitSpans(
  batches: Iterable<SpanBatch>,
  redactor: Redactor,
  nowMs: number,
): Generator<SpanRow | Unfit> {
  for (const { records, privateTo = null, ...origin } of batches) {
    const source = { ...sourceOf(origin, redactor), privateTo }
    for (const span of records) {
      const fault = faultOf(span, nowMs)
      yield fault === null ? rowOf(span, source, redactor) : new Unfit(fault)
    }
  }
}

const traceForm = /^(?!0{32})[0-9a-f]{32}$/
const spanForm = /^(?!0{16})[0-9a-f]{16}$/

function faultOf({ traceId, spanId, parentSpanId, startNs, endNs }: OtlpSpan, nowMs: number): string | null {
  if (!traceForm.test(traceId)) return 'trace id: must be 16 bytes that are not all zero'
  if (!spanForm.test(spanId)) return 'span id: must be 8 bytes that are not all zero'
  if (parentSpanId !== '' && !/^[0-9a-f]{16}$/.test(parentSpanId)) return 'parent span id: must be 8 bytes'
  const fault = faultOfTime('start time', startNs, nowMs)
  if (fault !== null) return fault
  return endNs - startNs > BigInt(oldestMs) * 1_000_000n ? 'end time: too long after the start' : null
}

interface SpanSource extends Source {
  readonly privateTo: string | null
}

function rowOf(span: OtlpSpan, source: SpanSource, redactor: Redactor): SpanRow {
  const facts = columnsOf(factsOf(span, source.origin), redactor)
  const parent = span.parentSpanId === '' || /^0+$/.test(span.parentSpanId) ? null : span.parentSpanId
  return {
    traceId: span.traceId,
    spanId: signed(span.spanId),
    parentId: parent === null ? null : signed(parent),
    startedUs: (span.startNs / 1000n).toString(),
    durationNs: (span.endNs > span.startNs ? span.endNs - span.startNs : 0n).toString(),
    kind: span.kind,
    status: span.status.code,
    name: column(span.name, redactor) ?? '',
    // What only one person may read is found by nobody else.
    facts: source.privateTo === null ? facts : { ...facts, input: [], output: [] },
    payload: payloadOf(span, source, facts, redactor),
  }
}

/** Texts that become columns: redacted, short, and such that PostgreSQL can hold them. */
function columnsOf(facts: SpanFacts, redactor: Redactor): SpanFacts {
  const of = (text: string | null): string | null => column(text, redactor)
  return {
    ...facts,
    provider: of(facts.provider),
    model: of(facts.model),
    agent: of(facts.agent),
    tool: of(facts.tool),
    session: of(facts.session),
    user: of(facts.user),
    team: of(facts.team),
    project: of(facts.project),
    environment: of(facts.environment),
    version: of(facts.version),
    service: of(facts.service),
    errorType: of(facts.errorType),
  }
}

/** What is shown when the span is opened. Maps are redacted as such: the name of an attribute tells what its value is. */
function payloadOf(span: OtlpSpan, source: SpanSource, facts: SpanFacts, redactor: Redactor): string {
  const messages = {
    input: redactor.value(bounded(facts.input)),
    output: redactor.value(bounded(facts.output)),
    statusMessage: redactor.value(bounded(span.status.message)),
  }
  const shown = {
    ...(source.privateTo === null ? messages : { private: { to: source.privateTo, ...messages } }),
    ...(facts.toolArguments === undefined
      ? {}
      : { toolArguments: redactor.value(bounded(facts.toolArguments)) }),
    ...(facts.toolResult === undefined ? {} : { toolResult: redactor.value(bounded(facts.toolResult)) }),
    convention: facts.convention,
    attributes: attributesOf(facts.rest, redactor),
    events: span.events.slice(0, limits.events).map(({ timeNs, name, attributes }) => ({
      timeNs: timeNs.toString(),
      name: redactor.value(bounded(name)),
      attributes: attributesOf(attributes, redactor),
    })),
    links: span.links.slice(0, limits.links).map(({ traceId, spanId, attributes }) => ({
      traceId,
      spanId,
      attributes: attributesOf(attributes, redactor),
    })),
    ...source.shown,
    dropped: span.dropped + Math.max(0, facts.rest.size - mostAttributes),
  }
  const json = JSON.stringify(shown)
  if (json.length <= limits.payloadChars) return json
  // Whatever made it so large: better to know the span without it than not at all.
  return JSON.stringify({ convention: facts.convention, tooLarge: json.length })
}
