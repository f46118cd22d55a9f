import { createHash } from 'node:crypto'
import type { Batch, OtlpLog } from '@atrium/wire/otlp'
import { faultOfTime, Unfit } from '../admission.ts'
import { bounded } from '../bounded.ts'
import {
  attributesOf,
  column,
  mostAttributes,
  plain,
  signed,
  sourceOf,
  storable,
  type Source,
} from '../contents.ts'
import type { Redactor } from '../redaction/index.ts'
import { factsOfLog } from './facts.ts'
import type { LogFacts, LogRow } from './rows.ts'
import { severityOf } from './severities.ts'

/** Characters of what a record says, in lists and searches. */
const messageChars = 2000
/** Characters of all that a record carries. */
const payloadChars = 2 * 1024 * 1024

/**
 * Checks log records, reads what they are about, redacts them, and makes rows of them. A record whose ids or time cannot
 * be right is left out. Records have no ids, so one is made of all that they hold: what comes again is known by it.
 */
export function* admitLogs(
  batches: readonly Batch<OtlpLog>[],
  redactor: Redactor,
  nowMs: number,
): Generator<LogRow | Unfit> {
  const equals = new Map<string, number>()
  for (const { records, ...origin } of batches) {
    const source = sourceOf(origin, redactor)
    for (const log of records) {
      const fault = faultOf(log, nowMs)
      yield fault === null ? rowOf(log, source, redactor, nowMs, equals) : new Unfit(fault)
    }
  }
}

function faultOf(log: OtlpLog, nowMs: number): string | null {
  if (!isId(log.traceId, 32)) return 'trace id: must be 16 bytes'
  if (!isId(log.spanId, 16)) return 'span id: must be 8 bytes'
  return faultOfTime('time', timeOf(log, nowMs), nowMs)
}

const isId = (hex: string, digits: number): boolean => hex === '' || hex.length === digits

/** Who receives a record is the first to see it when nobody has told when that was. */
const timeOf = ({ timeNs, observedNs }: OtlpLog, nowMs: number): bigint =>
  timeNs || observedNs || BigInt(nowMs) * 1_000_000n

function rowOf(
  log: OtlpLog,
  source: Source,
  redactor: Redactor,
  nowMs: number,
  equals: Map<string, number>,
): LogRow {
  const facts = columnsOf(factsOfLog(log, source.origin), redactor)
  const severity = severityOf(log)
  const carried = carriedOf(log, source, redactor)
  const payload = payloadOf(carried)
  return {
    atUs: (timeOf(log, nowMs) / 1000n).toString(),
    id: idOf(`${severity} ${log.traceId} ${log.spanId} ${payload}`, equals),
    severity,
    message: messageOf(carried, facts),
    traceId: given(log.traceId),
    spanId: given(log.spanId) && signed(log.spanId),
    facts,
    payload,
  }
}

const given = (hex: string): string | null => (/^0*$/.test(hex) ? null : hex)

/** A digest of what a record holds; of equal ones in one request each has its own. */
function idOf(held: string, equals: Map<string, number>): string {
  const digest = createHash('sha256').update(held).digest('hex').slice(0, 32)
  const before = equals.get(digest) ?? 0
  equals.set(digest, before + 1)
  return before === 0 ? digest : idOf(`${digest} ${before}`, equals)
}

function columnsOf(facts: LogFacts, redactor: Redactor): LogFacts {
  const of = (text: string | null): string | null => column(text, redactor)
  return {
    ...facts,
    event: of(facts.event),
    service: of(facts.service),
    model: of(facts.model),
    tool: of(facts.tool),
    session: of(facts.session),
    user: of(facts.user),
    team: of(facts.team),
    project: of(facts.project),
    environment: of(facts.environment),
    version: of(facts.version),
  }
}

/** What is shown when the record is opened. */
const carriedOf = (log: OtlpLog, source: Source, redactor: Redactor) => ({
  timeNs: log.timeNs.toString(),
  observedNs: log.observedNs.toString(),
  severityText: redactor.value(bounded(log.severityText)),
  // What was redacted is still a value of an attribute.
  body: plain(redactor.value(bounded(log.body)) as OtlpLog['body']),
  attributes: attributesOf(log.attributes, redactor),
  ...source.shown,
  dropped: Math.max(0, log.attributes.size - mostAttributes),
})

type Carried = ReturnType<typeof carriedOf>

function payloadOf(carried: Carried): string {
  const json = JSON.stringify(carried)
  if (json.length <= payloadChars) return json
  // Whatever made it so large: better to know the record without it than not at all.
  const { timeNs, observedNs } = carried
  return JSON.stringify({ timeNs, observedNs, tooLarge: json.length })
}

/** Attributes that say more than a body which only names the event. */
const telling = ['prompt', 'error', 'error.message', 'exception.message', 'message', 'arguments', 'output']

function messageOf({ body, attributes }: Carried, { event }: LogFacts): string {
  const isTold = body !== null && body !== '' && body !== event
  const texts = new Map(isTold ? [] : attributes)
  const name = telling.find((one) => typeof texts.get(one) === 'string')
  const said = name === undefined ? (body ?? '') : texts.get(name)
  return storable((typeof said === 'string' ? said : JSON.stringify(said)).slice(0, messageChars))
}
