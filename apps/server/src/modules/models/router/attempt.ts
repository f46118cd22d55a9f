import { dialects, type Dialect, type Finish, type Usage } from '@atrium/wire'
import { type EgressAnswer, Stop } from '#platform/egress'
import type { RemoteDeployment } from './deployment.ts'
import { drainBounds, drained, ReaderGone } from './drain.ts'
import type { Fault } from './faults.ts'
import { faultOfThrown, TimedOut } from './network-errors.ts'
import type { Outbound } from './outbound.ts'
import { createReader, failed, Overtaken, typeOf } from './reply.ts'
import type { Seen } from './seen.ts'
import type { Sink } from './sink.ts'
import { readBeginning, urlOf, type Upstream } from './upstream.ts'
import { Watchdog, type Timeouts } from './watchdog.ts'

/** How one try at a deployment ended. `usage` is what the provider had said by then. */
export type AttemptEnd =
  | { readonly kind: 'finished'; readonly finish: Finish }
  | { readonly kind: 'failed'; readonly fault: Fault; readonly usage: Usage | undefined }
  | {
      readonly kind: 'aborted'
      readonly usage: Usage | undefined
      /** The provider has ended its answer all the same. */
      readonly isComplete?: boolean
    }

export interface AttemptOptions {
  readonly upstream: Upstream
  readonly timeouts: Timeouts
  readonly signal: AbortSignal
  readonly sink: Sink
  readonly seen: Seen
  /** Output tokens that the money reserved allows. */
  readonly allowance: number
}

export const maxErrorBytes = 64 * 1024

/** Sends a request to a provider once and hands on its reply. Never rejects for what the provider or the network does. */
export async function attemptRemote(
  deployment: RemoteDeployment,
  outbound: Outbound,
  options: AttemptOptions,
): Promise<AttemptEnd> {
  const { signal, seen, sink, allowance } = options
  const timeouts = outbound.stream
    ? options.timeouts
    : { ...options.timeouts, firstTokenMs: options.timeouts.wholeMs }
  const stop = new Stop()
  using watchdog = new Watchdog(stop, timeouts)
  const dialect = dialects[deployment.dialect]
  const secret = deployment.key?.reveal()
  const reader = createReader({ dialect, outbound, watchdog, sink, seen, allowance, secret })
  const onAbort = (): void => {
    if (signal.reason instanceof ReaderGone && reader.isInMidst) watchdog.drain(drainBounds, signal.reason)
    else stop.abort(signal.reason)
  }
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    const reply = await send(dialect, deployment, outbound, options, stop)
    if (reply.status < 200 || reply.status > 299)
      return {
        kind: 'failed',
        fault: refusal(dialect, reply, await readBeginning(reply, maxErrorBytes)),
        usage: undefined,
      }
    if (typeOf(reply) === 'text/html') return notAnAnswer(reply)
    const end = await reader.read(reply)
    return watchdog.isDraining ? drained(end) : end
  } catch (thrown) {
    const usage = reader.usageSoFar()
    if (thrown instanceof Overtaken) stop.abort(thrown)
    if (signal.aborted || thrown instanceof Overtaken) return { kind: 'aborted', usage }
    const { reason } = stop
    const fault = faultOfThrown(reason instanceof TimedOut ? reason : thrown)
    return { kind: 'failed', fault: seen.hasBegun ? inMidStream(fault) : fault, usage }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** @throws {EgressError} when there is no answer */
function send(
  dialect: Dialect,
  deployment: RemoteDeployment,
  outbound: Outbound,
  { upstream, seen }: AttemptOptions,
  stop: Stop,
): Promise<EgressAnswer> {
  if (stop.isPulled) throw stop.reason
  seen.isSent = true
  return upstream.open({
    method: 'POST',
    url: urlOf(deployment.baseUrl, outbound.path),
    headers: { ...dialect.authHeaders(deployment.key?.reveal()), ...outbound.headers },
    body: outbound.body,
    stop,
    provided: deployment.provided,
  })
}

/** What a provider means by an answer of another status than 2xx. */
export function refusal(
  dialect: Dialect,
  reply: Pick<EgressAnswer, 'status' | 'headers'>,
  text: string,
): Fault {
  return { stage: 'reply', sent: true, error: dialect.decodeError(reply.status, reply.headers, text) }
}

/** A connection that breaks after content has begun is a cut stream, not an unreachable provider. */
function inMidStream(fault: Fault): Fault {
  if (fault.error.type !== 'connection') return fault
  return { ...fault, error: { ...fault.error, type: 'stream-truncated' } }
}

/** A page for people: a login form, a proxy's notice, a wrong address. */
function notAnAnswer(reply: EgressAnswer): AttemptEnd {
  reply.destroy()
  return failed('invalid-response', 'a web page came instead of an answer')
}
