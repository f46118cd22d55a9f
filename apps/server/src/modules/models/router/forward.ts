import type { Readable } from 'node:stream'
import { dialects, prepareBody, usageOf, type Usage } from '@atrium/wire'
import { modelErrors } from '../errors.ts'
import type { CallResult, ForwardCall, ForwardReply, ModelCall } from '../types.ts'
import { maxErrorBytes, refusal, type AttemptEnd } from './attempt.ts'
import { aboutOf } from './call-row.ts'
import { costNanoUsd } from './cost.ts'
import type { RemoteDeployment, Route, Target } from './deployment.ts'
import { bytesPerToken, nothingUsed, wasRefused, type Measured } from './estimate.ts'
import { expectedOf, nothingExpected, usageIn, type Expected } from './forwarded.ts'
import type { Fault } from './faults.ts'
import type { Hold } from './ledger.ts'
import { isFlat, reserveFor } from './money.ts'
import { faultOfThrown, mayFailOver } from './network-errors.ts'
import { forwarded } from './outbound.ts'
import { choose } from './policy.ts'
import type { CallRecord } from './record.ts'
import { redactorOf } from './redactor.ts'
import { questionOf, untilDeadline, type RunTools } from './run.ts'
import { Seen } from './seen.ts'
import type { Tried } from './trial.ts'
import { readText, urlOf, type UpstreamReply } from './upstream.ts'
import type { Timeouts } from './watchdog.ts'

export interface ForwardTools extends RunTools {
  /** Writes the row; the call is over. */
  readonly finish: (call: ModelCall, record: CallRecord) => CallResult
}

/** An attempt whose provider has answered with a good status. */
interface Accepted extends Sent {
  readonly reply: UpstreamReply
}

interface Sent {
  readonly deployment: RemoteDeployment
  readonly seen: Seen
  readonly hold: Hold | null
  readonly begunAt: number
}

/**
 * Sends a request on as it is and gives back the answer as it comes: same routes, breakers, holds and records as any
 * call. A deployment that refuses is passed over while another can be asked. Never rejects: when nobody gives a good
 * answer, the status is 0 and the result tells why.
 */
export async function forwardCall(
  tools: ForwardTools,
  given: ForwardCall,
  record: CallRecord,
): Promise<ForwardReply> {
  const expected = expectedOf(given)
  const call = callOf(given, expected)
  try {
    return (await begin(tools, { given, expected }, call, record)) ?? failedReply(tools.finish(call, record))
  } catch (thrown) {
    record.broke(thrown)
    return failedReply(tools.finish(call, record))
  }
}

function failedReply(result: CallResult): ForwardReply {
  return { callId: result.callId, status: 0, headers: {}, body: nothing(), done: Promise.resolve(result) }
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // Nobody has answered.
}

/** Undefined when nobody has given a good answer. @throws AppError when nobody can be called */
async function begin(
  tools: ForwardTools,
  { given, expected }: Pick<Run, 'given' | 'expected'>,
  call: ModelCall,
  record: CallRecord,
): Promise<ForwardReply | undefined> {
  const route = await tools.resolver.route(call.workspaceId, call.model)
  const choice = choose(route, questionOf(call), tools)
  const timeouts = { ...tools.timeouts, ...route.timeouts }
  record.considered(route, choice, timeouts)
  const order = choice.order.filter((target) => speaks(target, given))
  if (order.length === 0) throw modelErrors.cannotForward(given.model)
  tools.budget.earn()
  return inTurn({ tools, given, expected, call, record, route, timeouts }, order)
}

interface Run {
  readonly tools: ForwardTools
  readonly given: ForwardCall
  readonly expected: Expected
  readonly call: ModelCall
  readonly record: CallRecord
  readonly route: Route
  readonly timeouts: Timeouts
}

async function inTurn(run: Run, order: readonly Target[]): Promise<ForwardReply | undefined> {
  const { tools, record, route } = run
  const last = Math.min(order.length - 1, route.failovers)
  for (let place = 0; ; place += 1) {
    const target = order[place]
    if (!target) return undefined
    const outcome = await sendOnce(run, target)
    if ('reply' in outcome) return replyOf(run, outcome)
    record.tried(outcome, false)
    const again = place < last && mayFailOver(outcome.end, false) && tools.budget.take()
    if (!again) return undefined
  }
}

async function sendOnce(run: Run, target: Target): Promise<Accepted | Tried> {
  const { tools, call, record, timeouts } = run
  // Only deployments of a dialect are in the order, and those are remote.
  const deployment = target.deployment as RemoteDeployment
  const about = aboutOf(call, record, deployment)
  const at = { deployment, callId: record.id, attempt: record.nextAttempt(), about }
  const hold = await reserveFor(tools.ledger, call, at, run.expected.most)
  const seen = new Seen()
  const sent: Sent = { deployment, seen, hold, begunAt: deployment.health.began() }
  try {
    seen.isSent = true
    const reply = await tools.upstream.request(
      requestOf(run, deployment, untilDeadline(timeouts, call.deadline)),
    )
    if (reply.status >= 200 && reply.status <= 299) return { ...sent, reply }
    const { text } = await readText(reply.body, maxErrorBytes)
    return failedWith(run, sent, refusal(dialects[deployment.dialect], reply, text))
  } catch (thrown) {
    if (call.signal.aborted) return over(run, sent, { kind: 'aborted', usage: undefined })
    return failedWith(run, sent, faultOfThrown(thrown))
  }
}

function requestOf({ given }: Run, deployment: RemoteDeployment, timeouts: Timeouts) {
  const { upstreamId, dialect, baseUrl, key, provided } = deployment
  const { 'content-type': contentType = 'application/json', accept = '*/*' } = given.headers
  return {
    method: given.method,
    url: urlOf(
      baseUrl,
      given.path.replace('{model}', () => encodeURIComponent(upstreamId)),
    ),
    headers: {
      'content-type': contentType,
      accept,
      ...dialects[dialect].authHeaders(key?.reveal()),
      ...forwarded(given.headers, dialect),
    },
    ...(given.method === 'GET' ? {} : { body: bodyOf(given, deployment) }),
    signal: given.signal,
    patienceMs: Math.min(timeouts.wholeMs, timeouts.totalMs),
    provided,
  }
}

function bodyOf({ body }: ForwardCall, { upstreamId, dialect }: RemoteDeployment): string | Uint8Array {
  if (typeof body === 'function') return body(upstreamId)
  return prepareBody(dialect, body.toString('utf8'), { model: upstreamId })?.body ?? body
}

function replyOf(run: Run, accepted: Accepted): ForwardReply {
  const { record } = run
  const { reply, deployment } = accepted
  record.begins(deployment, { passthrough: true, contentType: '', fidelity: [], headers: {} })
  const done = Promise.withResolvers<CallResult>()
  const headers: Record<string, string> = {}
  for (const name of passedOn) {
    const value = reply.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  return {
    callId: record.id,
    status: reply.status,
    headers,
    body: bodyRead(run, accepted, done.resolve),
    done: done.promise,
  }
}

const passedOn = ['content-type', 'content-disposition', 'request-id', 'x-request-id', 'openai-processing-ms']

/** Passes the body on and keeps its end, where the usage stands. */
async function* bodyRead(
  run: Run,
  accepted: Accepted,
  done: (result: CallResult) => void,
): AsyncIterable<Uint8Array> {
  const { call, record, tools } = run
  const { seen, reply } = accepted
  const tail = new Tail()
  const redactor = redactorOf(accepted.deployment.key?.reveal())
  let end: AttemptEnd = { kind: 'aborted', usage: undefined }
  try {
    for await (const chunk of chunksOf(reply.body)) {
      seen.firstContentAt ??= performance.now()
      seen.hasBegun = true
      tail.push(chunk)
      yield redactor?.push(chunk) ?? chunk
    }
    const rest = redactor?.end()
    if (rest) yield rest
    end = { kind: 'finished', finish: { type: 'finish', reason: plainEnd, usage: tail.usage() } }
    seen.terminalSent = true
  } catch (thrown) {
    if (!call.signal.aborted) end = { kind: 'failed', fault: faultOfThrown(thrown), usage: undefined }
    throw thrown
  } finally {
    record.tried(over(run, accepted, end), false)
    done(tools.finish(call, record))
  }
}

/** A body of undici gives buffers. */
const chunksOf = (body: Readable): AsyncIterable<Uint8Array> => body

const plainEnd = { unified: 'stop', raw: '' } as const
const tailBytes = 16 * 1024

/** The end of a body, in which JSON answers tell their usage. */
class Tail {
  #text = ''

  push(chunk: Uint8Array): void {
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
    this.#text = (this.#text + text).slice(-tailBytes)
  }

  usage(): Usage {
    return usageIn(this.#text)
  }
}

function failedWith(run: Run, at: Sent, fault: Fault): Tried {
  return over(run, at, { kind: 'failed', fault, usage: undefined })
}

/** Measures, settles and tells the breaker. */
function over(run: Run, { deployment, seen, hold, begunAt }: Sent, end: AttemptEnd): Tried {
  const { timeouts } = run
  const { measured, cost } = measuredOf(run, deployment, seen, end)
  deployment.health.ended({ begunAt, end, firstTokenMs: null, firstTokenLimitMs: timeouts.firstTokenMs })
  hold?.settle({ costNanoUsd: cost, status: end.kind, estimated: measured.estimated })
  return {
    deployment,
    end,
    seen,
    measured,
    costNanoUsd: cost,
    heldNanoUsd: hold?.nanoUsd ?? null,
    ms: performance.now() - seen.begunAt,
    overtaken: false,
  }
}

/**
 * What the provider says counts. Where it says nothing, or the answer was cut off, it is what the request is likely to
 * have used; where nothing can be told from that, the cost is unknown.
 */
function measuredOf(
  { expected }: Run,
  { price }: RemoteDeployment,
  seen: Seen,
  end: AttemptEnd,
): { measured: Measured; cost: bigint | null } {
  if (end.kind === 'finished' && end.finish.usage.missing !== true) {
    const { usage } = end.finish
    return { measured: { usage, estimated: false }, cost: costNanoUsd(usage, price) }
  }
  if (wasRefused(end, seen)) return { measured: nothingUsed(), cost: 0n }
  const { likely } = expected
  const estimated = likely !== nothingExpected
  if (likely) return { measured: { usage: likely, estimated }, cost: costNanoUsd(likely, price) }
  const cost = price && isFlat(price) ? price.perCall : null
  return { measured: { usage: unused, estimated: true }, cost }
}

const unused: Usage = usageOf({}, null)

function speaks({ deployment }: Target, { dialects: allowed }: ForwardCall): boolean {
  return deployment.kind === 'remote' && allowed.includes(deployment.dialect)
}

/** What routing and records need of a request that nobody takes apart. */
function callOf(given: ForwardCall, { most }: Expected): ModelCall {
  const length = Math.min((most?.input.uncached ?? 0) * bytesPerToken, mostCounted)
  return {
    ...given,
    request: {
      stream: false,
      maxOutputTokens: 1,
      messages: [{ role: 'user', content: [{ type: 'text', text: ' '.repeat(length) }] }],
    },
  }
}

/** Longer bodies are files, whose bytes are no tokens. */
const mostCounted = 256 * 1024
