import {
  dialects,
  type Dialect,
  type FidelityReport,
  type Finish,
  type StreamDecoder,
  type StreamPart,
  type Usage,
} from '@atrium/wire'
import type { ReplyPart, RoutedRequest } from '../types.ts'
import type { RemoteDeployment } from './deployment.ts'
import type { Fault } from './faults.ts'
import { faultOfThrown, TimedOut } from './network-errors.ts'
import { readText, urlOf, type Upstream, type UpstreamReply } from './upstream.ts'
import { Watchdog, type Timeouts } from './watchdog.ts'

/** How one try at a deployment ended. `usage` is what the provider had said by then. */
export type AttemptEnd =
  | { readonly kind: 'finished'; readonly finish: Finish }
  | { readonly kind: 'failed'; readonly fault: Fault; readonly usage: Usage | undefined }
  | { readonly kind: 'aborted'; readonly usage: Usage | undefined }

export interface AttemptOptions {
  readonly upstream: Upstream
  readonly timeouts: Timeouts
  readonly signal: AbortSignal
  readonly onParts: (parts: ReplyPart[]) => void
  /** What the provider's dialect could not carry over. */
  readonly onEncoded: (fidelity: FidelityReport) => void
}

const maxErrorBytes = 64 * 1024
const maxEventBytes = 8 * 1024 * 1024
const maxReplyBytes = 64 * 1024 * 1024

/** Sends a request to a provider once and streams its reply. Never rejects for what the provider or the network does. */
export async function attemptRemote(
  deployment: RemoteDeployment,
  request: RoutedRequest,
  options: AttemptOptions,
): Promise<AttemptEnd> {
  const controller = new AbortController()
  using watchdog = new Watchdog(controller, options.timeouts)
  const stop = (): void => controller.abort(options.signal.reason)
  options.signal.addEventListener('abort', stop, { once: true })
  if (options.signal.aborted) stop()
  const dialect = dialects[deployment.dialect]
  const reader = new ReplyReader(dialect, watchdog, options.onParts)
  try {
    const reply = await send(dialect, deployment, request, options, controller.signal)
    if (reply.status < 200 || reply.status > 299)
      return { kind: 'failed', fault: await refusal(dialect, reply), usage: undefined }
    return await reader.read(reply)
  } catch (thrown) {
    if (options.signal.aborted) return { kind: 'aborted', usage: reader.usageSoFar() }
    const reason: unknown = controller.signal.reason
    const fault = faultOfThrown(reason instanceof TimedOut ? reason : thrown)
    return {
      kind: 'failed',
      fault: reader.hasContent ? inMidStream(fault) : fault,
      usage: reader.usageSoFar(),
    }
  } finally {
    options.signal.removeEventListener('abort', stop)
  }
}

async function send(
  dialect: Dialect,
  deployment: RemoteDeployment,
  request: RoutedRequest,
  { upstream, timeouts, onEncoded }: AttemptOptions,
  signal: AbortSignal,
): Promise<UpstreamReply> {
  signal.throwIfAborted()
  const encoded = dialect.encodeRequest(
    { ...request, model: deployment.upstreamId, stream: true },
    deployment.facts,
  )
  onEncoded(encoded.fidelity)
  return upstream({
    method: 'POST',
    url: urlOf(deployment.baseUrl, encoded.path),
    headers: {
      'content-type': 'application/json',
      ...encoded.headers,
      ...dialect.authHeaders(deployment.key?.reveal()),
    },
    body: JSON.stringify(encoded.body),
    signal,
    patienceMs: timeouts.firstTokenMs + timeouts.idleMs,
    detected: deployment.detected,
  })
}

async function refusal(dialect: Dialect, reply: UpstreamReply): Promise<Fault> {
  const { text } = await readText(reply.body, maxErrorBytes)
  return { stage: 'reply', sent: true, error: dialect.decodeError(reply.status, reply.headers, text) }
}

/** A connection that breaks after content has begun is a cut stream, not an unreachable provider. */
function inMidStream(fault: Fault): Fault {
  if (fault.error.type !== 'connection') return fault
  return { ...fault, error: { ...fault.error, type: 'stream-truncated' } }
}

/** Reads the body of one good reply, streamed or whole. */
class ReplyReader {
  readonly #dialect: Dialect
  readonly #watchdog: Watchdog
  readonly #onParts: (parts: ReplyPart[]) => void
  #decoder: StreamDecoder | undefined
  hasContent = false

  constructor(dialect: Dialect, watchdog: Watchdog, onParts: (parts: ReplyPart[]) => void) {
    this.#dialect = dialect
    this.#watchdog = watchdog
    this.#onParts = onParts
  }

  async read(reply: UpstreamReply): Promise<AttemptEnd> {
    if (typeOf(reply) === 'text/html') return notAnAnswer(reply)
    if (this.#isWhole(reply)) return this.#readWhole(reply)
    this.#decoder = this.#dialect.createStreamDecoder({ maxEventBytes })
    const bytes = reply.body[Symbol.asyncIterator]()
    let size = 0
    for (;;) {
      const { done, value } = await bytes.next()
      if (done) return this.#take(this.#decoder.end()) ?? brokenOff()
      this.#watchdog.byte()
      size += value.byteLength
      const end = size > maxReplyBytes ? tooLarge() : this.#take(this.#decoder.push(value))
      if (!end) continue
      if (end.kind === 'finished') void drain(bytes)
      else void bytes.return?.()
      return end
    }
  }

  /** What the provider had said of the usage when the reading was cut short. */
  usageSoFar(): Usage | undefined {
    const last = this.#decoder?.end().at(-1)
    return last?.type === 'error' ? last.usage : undefined
  }

  /** A server that ignores `stream: true` answers with one JSON document. */
  #isWhole(reply: UpstreamReply): boolean {
    return this.#dialect.name !== 'ollama' && typeOf(reply) === 'application/json'
  }

  async #readWhole(reply: UpstreamReply): Promise<AttemptEnd> {
    const { text, cut } = await readText(reply.body, maxEventBytes)
    if (cut) return tooLarge()
    return this.#take(this.#dialect.decodeReply(text)) ?? brokenOff()
  }

  /** Hands content on; gives the end when the terminal part is there. */
  #take(parts: readonly StreamPart[]): AttemptEnd | undefined {
    const content: ReplyPart[] = []
    let end: AttemptEnd | undefined
    for (const part of parts) {
      if (part.type === 'finish') end = { kind: 'finished', finish: part }
      else if (part.type === 'error')
        end = { kind: 'failed', fault: { stage: 'reply', sent: true, error: part.error }, usage: part.usage }
      else content.push(part)
    }
    if (content.some((part) => part.type !== 'response-start')) {
      this.hasContent = true
      this.#watchdog.answering()
    }
    if (content.length > 0) this.#onParts(content)
    return end
  }
}

/** The media type of a reply without its parameters. */
function typeOf({ headers }: UpstreamReply): string {
  return String(headers['content-type'] ?? '')
    .replace(/;.*$/s, '')
    .trim()
    .toLowerCase()
}

/** A page for people: a login form, a proxy's notice, a wrong address. */
async function notAnAnswer(reply: UpstreamReply): Promise<AttemptEnd> {
  await reply.body[Symbol.asyncIterator]().return?.()
  return failed('invalid-response', 'a web page came instead of an answer')
}

/** Reads the few bytes after the terminal part, so that the connection can be used again. */
async function drain(bytes: AsyncIterator<Uint8Array>): Promise<void> {
  const late = setTimeout(() => void bytes.return?.(), 1000)
  try {
    for (let left = 64 * 1024; left > 0;) {
      const { done, value } = await bytes.next()
      if (done) return
      left -= value.byteLength
    }
    await bytes.return?.()
  } catch {
    // The answer is complete; how its connection ends is of no interest.
  } finally {
    clearTimeout(late)
  }
}

function brokenOff(): AttemptEnd {
  return failed('stream-truncated', 'the stream ended early')
}

function tooLarge(): AttemptEnd {
  return failed('invalid-response', 'the reply is larger than any answer may be')
}

function failed(type: 'stream-truncated' | 'invalid-response', message: string): AttemptEnd {
  return {
    kind: 'failed',
    usage: undefined,
    fault: { stage: 'reply', sent: true, error: { type, message, retryable: true, raw: null } },
  }
}
