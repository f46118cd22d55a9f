import { RequestError, usageOf, type MediaSource, type Message, type Usage } from '@atrium/wire'
import type { ModelCall, ReplyPart, RoutedRequest } from '../types.ts'
import type { AttemptEnd } from './attempt.ts'
import type { Seen } from './seen.ts'

export const bytesPerToken = 4
/** About what a picture of one megapixel counts as with the large providers. */
const tokensPerMedium = 1000
/** Sound of 32 kbit a second, which is little, at 32 tokens a second, which is what Gemini counts. */
const soundBytesPerToken = 125

/** Tokens of a text, roughly: UTF-8 bytes / 4, which is characters / 4 for English and stays sane for other scripts. */
const estimateTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / bytesPerToken)

/** Counts what a reply writes while it streams, for calls whose provider never says. */
export class OutputMeter {
  #textBytes = 0
  #reasoningBytes = 0

  /** Bytes of an answer that nobody has taken apart. */
  addBytes(count: number): void {
    this.#textBytes += count
  }

  add(part: ReplyPart): void {
    if (part.type === 'text-delta') this.#textBytes += Buffer.byteLength(part.delta)
    else if (part.type === 'tool-input-delta') this.#textBytes += Buffer.byteLength(part.delta)
    else if (part.type === 'reasoning-delta') this.#reasoningBytes += Buffer.byteLength(part.delta)
  }

  get text(): number {
    return Math.ceil(this.#textBytes / bytesPerToken)
  }

  get reasoning(): number {
    return Math.ceil(this.#reasoningBytes / bytesPerToken)
  }
}

/** A usage together with whether any of it was estimated. */
export interface Measured {
  readonly usage: Usage
  readonly estimated: boolean
}

/**
 * The usage of a call from what the provider said, what was seen, and what was asked.
 * A finished reply with a usage is taken at its word. Anything else is an estimate: input as reported when it was,
 * output the larger of the reported and the seen.
 */
export function measure(
  reported: Usage | undefined,
  finished: boolean,
  seen: OutputMeter,
  call: Pick<ModelCall, 'request' | 'raw'>,
): Measured {
  const known = reported && !reported.missing ? reported : undefined
  if (known && finished) return { usage: known, estimated: false }
  const input = known && known.input.uncached + known.input.cacheRead > 0 ? known.input : undefined
  const usage = usageOf(
    {
      ...(input ?? { uncached: inputOf(call) }),
      text: Math.max(known?.output.text ?? 0, seen.text),
      reasoning: Math.max(known?.output.reasoning ?? 0, seen.reasoning),
    },
    known?.raw ?? null,
  )
  return { usage, estimated: true }
}

/** The request of a call that passes untouched is read only here, if at all; its provider may take what we cannot read. */
function inputOf(call: Pick<ModelCall, 'request' | 'raw'>): number {
  try {
    return estimateInput(call.request)
  } catch (error) {
    if (!call.raw || !(error instanceof RequestError)) throw error
    return Math.ceil(call.raw.bodyText.length / bytesPerToken)
  }
}

/** A call that never reached a model used nothing. */
export const nothingUsed = (): Measured => ({ usage: usageOf({}, null), estimated: false })

/** Whether the provider surely charges nothing: it was never reached, or has refused. One that was cut off may charge. */
export function wasRefused(
  end: AttemptEnd,
  { isSent, hasBegun }: Pick<Seen, 'isSent' | 'hasBegun'>,
): boolean {
  if (!isSent) return true
  return end.kind === 'failed' && !hasBegun && (!end.fault.sent || end.fault.error.status !== undefined)
}

/** Tokens of everything that a request carries, roughly. */
export function estimateInput(request: RoutedRequest): number {
  const system = (request.system ?? []).reduce((sum, part) => sum + estimateTokens(part.text), 0)
  const tools = request.tools ? estimateTokens(JSON.stringify(request.tools)) : 0
  return request.messages.reduce((sum, message) => sum + estimateMessage(message), system + tools)
}

function estimateMessage(message: Message): number {
  let tokens = 4
  for (const part of message.content) {
    if (part.type === 'text' || part.type === 'reasoning') tokens += estimateTokens(part.text)
    else if (part.type === 'tool-call') tokens += estimateTokens(part.rawArgs ?? JSON.stringify(part.args))
    else if (part.type === 'tool-result') tokens += estimateTokens(JSON.stringify(part.content))
    else if (part.type === 'image' || part.type === 'file') tokens += estimateMedium(part.source)
  }
  return tokens
}

function estimateMedium(source: MediaSource): number {
  const isSound = source.kind === 'base64' && source.mimeType.startsWith('audio/')
  return isSound ? Math.ceil((source.data.length * 3) / 4 / soundBytesPerToken) : tokensPerMedium
}
