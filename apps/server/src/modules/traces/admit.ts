import { setImmediate as breathe } from 'node:timers/promises'
import type { AttributeValue, Attributes, Batch, Origin, OtlpSpan } from '@atrium/wire/otlp'
import { factsOf } from './conventions/index.ts'
import { bounded } from './bounded.ts'
import type { SpanFacts } from './facts.ts'
import type { Redactor } from './redaction/index.ts'
import type { SpanRow } from './rows.ts'

/** How long ago a span may have started: as long as spans are kept at most. */
const oldestMs = 400 * 86_400_000
/** Clocks of senders may be ahead. */
const earliestMs = 86_400_000
const limits = {
  attributes: 2000,
  events: 1000,
  links: 1000,
  /** Characters of a column: names, models, sessions. */
  columnChars: 256,
  /** Of a text that becomes a column, so much is redacted before it is cut. */
  redactedChars: 4096,
  /** Characters of all that a span carries. */
  payloadChars: 2 * 1024 * 1024,
} as const

/** How long the spans of one request are looked at before others get their turn. */
const turnMs = 10

/** Spans that are fit to be stored, and why others are not. */
export interface Admission {
  readonly spans: SpanRow[]
  readonly rejected: number
  /** Why, each reason once with how often; for the sender. */
  readonly message: string
}

/**
 * Checks spans, reads what they are about, redacts them, and makes rows of them. What is too long is cut; a span whose
 * ids or times cannot be right is left out and counted. Others get their turn between spans: hostile texts take long.
 */
export async function admitSpans(
  batches: readonly Batch<OtlpSpan>[],
  redactor: Redactor,
  nowMs: number,
): Promise<Admission> {
  let turnEndsAt = performance.now() + turnMs
  const spans: SpanRow[] = []
  const reasons = new Map<string, number>()
  for (const { records, ...origin } of batches) {
    const source = sourceOf(origin, redactor)
    for (const span of records) {
      const reason = faultOf(span, nowMs)
      if (reason === null) spans.push(rowOf(span, source, redactor))
      else reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
      if (performance.now() > turnEndsAt) {
        await breathe()
        turnEndsAt = performance.now() + turnMs
      }
    }
  }
  const rejected = [...reasons.values()].reduce((sum, count) => sum + count, 0)
  const message = [...reasons].map(([reason, count]) => `${count} × ${reason}`).join('; ')
  return { spans, rejected, message }
}

const traceForm = /^(?!0{32})[0-9a-f]{32}$/
const spanForm = /^(?!0{16})[0-9a-f]{16}$/

function faultOf({ traceId, spanId, parentSpanId, startNs, endNs }: OtlpSpan, nowMs: number): string | null {
  if (!traceForm.test(traceId)) return 'trace id: must be 16 bytes that are not all zero'
  if (!spanForm.test(spanId)) return 'span id: must be 8 bytes that are not all zero'
  if (parentSpanId !== '' && !/^[0-9a-f]{16}$/.test(parentSpanId)) return 'parent span id: must be 8 bytes'
  const startMs = Number(startNs / 1_000_000n)
  if (startMs < nowMs - oldestMs) return 'start time: too long ago'
  if (startMs > nowMs + earliestMs) return 'start time: in the future'
  if (endNs - startNs > BigInt(oldestMs) * 1_000_000n) return 'end time: too long after the start'
  return null
}

function rowOf(span: OtlpSpan, source: Source, redactor: Redactor): SpanRow {
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
    facts,
    payload: payloadOf(span, source, facts, redactor),
  }
}

const signed = (hex: string): string => BigInt.asIntN(64, BigInt(`0x${hex}`)).toString()

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

function column(text: string | null, redactor: Redactor): string | null {
  if (text === null || text === '') return null
  // Cut before, half of a key might be left that nobody takes for one.
  const { text: redacted } = redactor.text(text.slice(0, limits.redactedChars))
  return storable(redacted.slice(0, limits.columnChars))
}

const storable = (text: string): string =>
  (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed()

/** What is shown when the span is opened. Maps are redacted as such: the name of an attribute tells what its value is. */
function payloadOf(span: OtlpSpan, source: Source, facts: SpanFacts, redactor: Redactor): string {
  const shown = {
    input: redactor.value(bounded(facts.input)),
    output: redactor.value(bounded(facts.output)),
    ...(facts.toolArguments === undefined
      ? {}
      : { toolArguments: redactor.value(bounded(facts.toolArguments)) }),
    ...(facts.toolResult === undefined ? {} : { toolResult: redactor.value(bounded(facts.toolResult)) }),
    convention: facts.convention,
    statusMessage: redactor.value(bounded(span.status.message)),
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
    dropped: span.dropped + Math.max(0, facts.rest.size - limits.attributes),
  }
  const json = JSON.stringify(shown)
  if (json.length <= limits.payloadChars) return json
  // Whatever made it so large: better to know the span without it than not at all.
  return JSON.stringify({ convention: facts.convention, tooLarge: json.length })
}

/** Where the spans of a batch come from, and what of it is stored with each of them. */
interface Source {
  readonly origin: Origin
  readonly shown: object
}

function sourceOf(origin: Origin, redactor: Redactor): Source {
  const scope = redactor.value({ name: origin.scope.name, version: origin.scope.version })
  return { origin, shown: { resource: attributesOf(origin.resource, redactor), scope } }
}

/** Pairs and not an object: names come from strangers. */
function attributesOf(attributes: Attributes, redactor: Redactor): [string, unknown][] {
  if (attributes.size === 0) return []
  const first =
    attributes.size <= limits.attributes ? attributes : new Map([...attributes].slice(0, limits.attributes))
  // A map comes back as a map.
  return pairsOf(redactor.value(bounded(first)) as Attributes)
}

const pairsOf = (attributes: Attributes): [string, unknown][] =>
  [...attributes].map(([name, value]) => [name, plain(value)])

/** A value as JSON has it: bytes in base64, numbers that JSON cannot hold as text, maps as pairs. */
function plain(value: AttributeValue): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Map) return { pairs: pairsOf(value as Attributes) }
  return (value as readonly AttributeValue[]).map(plain)
}
