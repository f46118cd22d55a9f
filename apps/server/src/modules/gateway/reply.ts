import {
  inbounds,
  type DialectName,
  type FidelityReport,
  type Finish,
  type Inbound,
  type ModelError,
  type ReplyContext,
  type StreamEncoder,
  type StreamPart,
} from '@atrium/wire'
import type { CallListener, CallResult, CallStart, ReplyPart } from '#modules/models'
import type { LazyRequest } from './ask.ts'
import { clientErrorOfCall, clientErrorOfRequest } from './errors.ts'
import type { Headers, Outlet } from './outlet.ts'

export interface ReplyParts {
  readonly dialect: DialectName
  readonly outlet: Outlet
  readonly request: LazyRequest
  /** As the client named it. */
  readonly model: string
  readonly stream: boolean
  readonly requestId: string
  /** On every answer, whatever it is. */
  readonly headers: Headers
  /** The client takes trailers. */
  readonly trailers: boolean
  /** Keeps what providers want to be shown again, before the answer ends. */
  readonly keepState: (parts: readonly StreamPart[]) => Promise<void>
}

/** Dialects whose clients have no place for the opaque state of a provider. */
const stateless: ReadonlySet<DialectName> = new Set<DialectName>(['openai-chat', 'ollama'])

const idPrefix: Readonly<Record<DialectName, string>> = {
  'anthropic-messages': 'msg_',
  'openai-chat': 'chatcmpl-',
  'openai-responses': 'resp_',
  gemini: '',
  ollama: '',
}

/** Writes the reply to one call in its client's dialect: bytes of that dialect as they come, anything else translated. */
export class Reply implements CallListener {
  readonly #parts: ReplyParts
  readonly #inbound: Inbound
  #start: CallStart | undefined
  #encoder: StreamEncoder | undefined
  /** Of a whole reply, or of one whose opaque state must be kept. */
  readonly #seen: StreamPart[] = []
  readonly #bytes: Uint8Array[] = []

  constructor(parts: ReplyParts) {
    this.#parts = parts
    this.#inbound = inbounds[parts.dialect]
  }

  onStart(start: CallStart): void {
    this.#start = start
    if (!this.#parts.stream) return
    this.#parts.outlet.begin(200, { ...this.#headers(), 'content-type': this.#streamType(start) })
  }

  onParts(parts: ReplyPart[]): void | Promise<void> {
    const { stream, dialect, outlet } = this.#parts
    let text = ''
    for (const part of parts) {
      // What a provider's own tools have answered has no place in these dialects.
      if (part.type === 'tool-result') continue
      if (!stream || stateless.has(dialect)) this.#seen.push(part)
      if (stream) text += this.#writer().push(part)
    }
    if (text !== '') return outlet.write(text)
  }

  onBytes(chunk: Uint8Array): void | Promise<void> {
    if (this.#parts.stream) return this.#parts.outlet.write(chunk)
    this.#bytes.push(chunk)
  }

  /** Ends the answer, whichever way the call has gone. */
  async end(result: CallResult): Promise<void> {
    if (!result.passthrough && stateless.has(this.#parts.dialect)) await this.#parts.keepState(this.#seen)
    if (this.#parts.outlet.hasBegun) this.#endStream(result)
    else if (result.status === 'finished') this.#endWhole(result)
    else this.#refuse(result)
  }

  #endWhole(result: CallResult): void {
    const { outlet } = this.#parts
    const headers = { ...this.#headers(), ...costOf(result) }
    if (result.passthrough) {
      const type = this.#start?.contentType || 'application/json'
      const [only] = this.#bytes
      const body = this.#bytes.length === 1 && only ? only : Buffer.concat(this.#bytes)
      return outlet.whole(200, { ...headers, 'content-type': type }, body)
    }
    if (this.#parts.stream) {
      // It ended without any content, so nothing has begun it.
      outlet.begin(200, { ...headers, 'content-type': this.#streamType(undefined) })
      return this.#endStream(result)
    }
    const reply = this.#inbound.encodeReply([...this.#seen, finishOf(result)], this.#context())
    outlet.whole(200, { ...headers, 'content-type': 'application/json' }, JSON.stringify(reply))
  }

  #endStream(result: CallResult): void {
    const { outlet } = this.#parts
    const failure = result.status === 'finished' ? undefined : failureOf(result)
    if (!result.passthrough) {
      const last: StreamPart = failure ? { type: 'error', error: failure } : finishOf(result)
      void outlet.write(this.#writer().push(last))
    } else if (failure && ownFailures.has(failure.type)) {
      // What the provider has written is cut; a line break ends whatever it was in the middle of.
      const encoder = this.#inbound.createStreamEncoder(this.#context())
      void outlet.write(`\n\n${encoder.push({ type: 'error', error: failure })}`)
    }
    outlet.end(this.#parts.trailers ? costOf(result) : undefined)
  }

  #refuse(result: CallResult): void {
    const { outlet, request, requestId } = this.#parts
    const error = request.refusal
      ? clientErrorOfRequest(request.refusal, requestId)
      : result.error
        ? clientErrorOfCall(result.error, requestId)
        : { type: 'cancelled' as const, message: 'The call was cancelled.', requestId }
    const { status, body, headers } = this.#inbound.encodeError(error)
    outlet.whole(
      status,
      { ...this.#headers(), ...headers, ...costOf(result), 'content-type': 'application/json' },
      JSON.stringify(body),
    )
  }

  #headers(): Headers {
    const { headers, dialect, requestId } = this.#parts
    const start = this.#start
    const all: Record<string, string> = { ...start?.headers, 'x-request-id': requestId, ...headers }
    if (!start) return all
    if (dialect === 'anthropic-messages') all['request-id'] ??= requestId
    all['x-atrium-call'] = start.callId
    if (start.fidelity.length > 0) all['x-atrium-fidelity'] = fidelityText(start.fidelity)
    return all
  }

  #streamType(start: CallStart | undefined): string {
    if (start?.passthrough) return start.contentType
    const { wishes } = this.#parts.request.decoded
    return wishes.jsonArray ? 'application/json' : this.#inbound.streamContentType
  }

  #writer(): StreamEncoder {
    return (this.#encoder ??= this.#inbound.createStreamEncoder(this.#context()))
  }

  #context(): ReplyContext {
    const { dialect, model, request, requestId } = this.#parts
    const id = idPrefix[dialect] + (this.#start?.callId ?? requestId).replaceAll('-', '')
    return { id, model, createdAt: Math.floor(Date.now() / 1000), wishes: request.decoded.wishes }
  }
}

/** Failures after which the provider itself has said nothing. */
const ownFailures: ReadonlySet<ModelError['type']> = new Set<ModelError['type']>([
  'stream-truncated',
  'timeout',
  'connection',
  'cancelled',
  'quota-exhausted',
])

function failureOf(result: CallResult): ModelError {
  return (
    result.failure ?? {
      type: 'cancelled',
      message: result.error?.message ?? 'The call was cancelled.',
      retryable: false,
      raw: null,
    }
  )
}

function finishOf(result: CallResult): Finish {
  const { finish, finishReason, usage } = result
  if (finish) return finish
  const { input, output } = usage
  const reason = finishReason ?? { unified: 'other', raw: '' }
  return { type: 'finish', reason, usage: { input, output, raw: null } }
}

const costOf = ({ costNanoUsd }: CallResult): Headers =>
  costNanoUsd === null ? {} : { 'x-atrium-cost': costNanoUsd.toString() }

const longestFidelity = 2000

/** What a translation changed, short: `topK=dropped; messages.system=renamed`. */
function fidelityText(report: FidelityReport): string {
  if (report.length === 0) return ''
  const notes = new Set(
    report.map(({ feature, action }) => `${feature.replaceAll(/[^\w.[\]-]/g, '_')}=${action}`),
  )
  const text = [...notes].join('; ')
  return text.length > longestFidelity
    ? `${text.slice(0, longestFidelity).replace(/;[^;]*$/, '')}; more=dropped`
    : text
}
