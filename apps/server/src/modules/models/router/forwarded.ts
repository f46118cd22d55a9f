import {
  countAt,
  reportedUsage,
  totalAt,
  usageOf,
  type JsonObject,
  type Usage,
  type UsageCounts,
} from '@atrium/wire'
import type { ForwardCall } from '../types.ts'
import { bytesPerToken } from './estimate.ts'

/** What a request that nobody takes apart is going to use. */
export interface Expected {
  /** Taken when the provider does not say; undefined where nothing can be told from the request. */
  readonly likely: Usage | undefined
  /** What is reserved for; undefined when nobody knows a bound. */
  readonly most: Usage | undefined
}

/** Most scripts have more bytes to a token. */
const fewestBytesPerToken = 3
/**
 * About what a character of text becomes as speech: 15 characters a second, 1,250 tokens a minute
 * (https://platform.openai.com/docs/pricing: $0.015 a minute at $12 for a million).
 */
const speechTokensPerCharacter = 1.4
const mostSpeechTokensPerCharacter = 4
/** Sound has at least 8 kbit a second, which OpenAI counts as 10 tokens; nobody speaks more than 8 tokens a second. */
const mostSoundTokensPerByte = 10 / 1000
const mostSpokenTokensPerByte = 8 / 1000

/** Of a request that takes no tokens: known, and no estimate. */
export const nothingExpected: Usage = usageOf({}, null)

/** Reads the request for what it is likely to cost, by its address. */
export function expectedOf(given: ForwardCall): Expected {
  const { path, body } = given
  // Nobody charges for counting.
  if (/count_?tokens$/i.test(path)) return { likely: nothingExpected, most: nothingExpected }
  if (typeof body === 'function') return sound(sizeOf(given, body))
  const { likely, most } = textOf(body.byteLength)
  if (!path.includes('/images/') && !path.includes('/audio/'))
    return { likely: usageOf(likely, null), most: usageOf(most, null) }
  const request = parsed(body)
  if (path.includes('/images/')) return images(request)
  return path.endsWith('/speech') ? speech(request) : { likely: undefined, most: undefined }
}

const textOf = (bytes: number): { likely: UsageCounts; most: UsageCounts } => ({
  likely: { uncached: Math.ceil(bytes / bytesPerToken) },
  most: { uncached: Math.ceil(bytes / fewestBytesPerToken) },
})

/** A form with a recording, whose length nobody has measured. */
function sound(bytes: number): Expected {
  const audio = Math.ceil(bytes * mostSoundTokensPerByte)
  const most = usageOf(
    { uncached: audio, text: Math.ceil(bytes * mostSpokenTokensPerByte) },
    { prompt_tokens_details: { audio_tokens: audio } },
  )
  return { likely: undefined, most }
}

function sizeOf({ headers }: ForwardCall, body: (upstreamModel: string) => Buffer): number {
  const length = Number(headers['content-length'])
  return Number.isSafeInteger(length) && length > 0 ? length : body('').byteLength
}

function speech(request: Readonly<Record<string, unknown>>): Expected {
  const text = textIn(request['input'])
  const instructions = textIn(request['instructions'])
  const input = textOf(Buffer.byteLength(text) + Buffer.byteLength(instructions))
  const spoken = (rate: number): number => Math.ceil(text.length * rate)
  return {
    likely: withMedia(input.likely, 'audio_tokens', spoken(speechTokensPerCharacter)),
    most: withMedia(input.most, 'audio_tokens', spoken(mostSpeechTokensPerCharacter)),
  }
}

/**
 * Tokens of an image by quality and size, of GPT Image (https://platform.openai.com/docs/guides/image-generation,
 * “Cost and latency”). What is left to the provider counts as its dearest.
 */
const imageTokens: Readonly<Record<string, readonly [square: number, other: number]>> = {
  low: [272, 408],
  medium: [1056, 1584],
  high: [4160, 6240],
}

function images(request: Readonly<Record<string, unknown>>): Expected {
  const { n, quality, size } = request
  const count = typeof n === 'number' && Number.isInteger(n) && n > 0 ? n : 1
  const [square, other] = (typeof quality === 'string' ? imageTokens[quality] : undefined) ?? [4160, 6240]
  const written = count * (size === '1024x1024' ? square : other)
  const { likely, most } = textOf(Buffer.byteLength(textIn(request['prompt'])))
  return {
    likely: withMedia(likely, 'image_tokens', written),
    most: withMedia(most, 'image_tokens', written),
  }
}

/** What is written is of one kind; said in the words of OpenAI, so that it is priced alike when it is rated again. */
function withMedia(input: UsageCounts, kind: 'audio_tokens' | 'image_tokens', written: number): Usage {
  return usageOf({ ...input, text: written }, { estimate: true, output_tokens_details: { [kind]: written } })
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')

function parsed(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/**
 * The usage in the end of a JSON answer or of a stream: `prompt_tokens` (embeddings), `input_tokens` and
 * `output_tokens` (images, sound), `promptTokenCount` (Gemini), `prompt_eval_count` (Ollama). Missing when the provider
 * does not count tokens, such as where it counts seconds.
 */
export function usageIn(tail: string): Usage {
  const found = /"usage"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\})(?![\s\S]*"usage"\s*:)/.exec(tail)?.[1]
  const raw = found === undefined ? undefined : objectIn(found)
  if (raw) {
    const input = countAt(raw['prompt_tokens']) ?? countAt(raw['input_tokens'])
    const output = countAt(raw['completion_tokens']) ?? countAt(raw['output_tokens'])
    if ((input ?? output) !== undefined) return counted(totalAt(input, output), totalAt(output, input), raw)
  }
  const other = /"(?:promptTokenCount|prompt_eval_count)"\s*:\s*(\d{1,12})(?!\d)/.exec(tail)?.[1]
  if (other !== undefined) return counted(Number(other), 0, { prompt_tokens: Number(other) })
  return { ...usageOf({}, raw ?? null), missing: true }
}

const counted = (uncached: number, text: number, raw: JsonObject): Usage =>
  reportedUsage({ uncached, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, text, reasoning: 0 }, raw)

/** The pattern that has found it lets through what is no JSON. */
function objectIn(text: string): JsonObject | undefined {
  try {
    return JSON.parse(text) as JsonObject
  } catch {
    return undefined
  }
}
