import fc from 'fast-check'
import { jsonValue } from './json.ts'
import {
  type DialectName,
  dialects,
  type FinishReason,
  inbounds,
  inputTokens,
  outputTokens,
  type ReplyContext,
  type StreamPart,
  usageOf,
} from '../src/index.ts'

export const context: ReplyContext = {
  id: 'reply-1',
  model: 'fast',
  createdAt: 1_700_000_000,
  wishes: { includeUsage: true, includeThoughts: true },
}

/** A streamed reply as a client of the dialect receives it, read by the dialect's own reader. */
export function throughStream(dialect: DialectName, parts: readonly StreamPart[]): StreamPart[] {
  const encoder = inbounds[dialect].createStreamEncoder(context)
  const decoder = dialects[dialect].createStreamDecoder()
  const written = parts.map((part) => encoder.push(part)).join('')
  return [...decoder.push(new TextEncoder().encode(written)), ...decoder.end()]
}

/** The same for a whole reply. */
export function throughReply(dialect: DialectName, parts: readonly StreamPart[]): StreamPart[] {
  return dialects[dialect].decodeReply(JSON.stringify(inbounds[dialect].encodeReply(parts, context)))
}

/** What a reply says, whatever its blocks. */
export function gist(parts: readonly StreamPart[]) {
  const last = parts.at(-1)
  const usage = last?.type === 'finish' ? last.usage : undefined
  return {
    text: joined(parts, 'text-delta'),
    reasoning: joined(parts, 'reasoning-delta'),
    calls: parts.flatMap((part) => (part.type === 'tool-call' ? [[part.name, part.args]] : [])),
    ending: last?.type === 'finish' ? last.reason.unified : last?.type,
    tokens: usage && [inputTokens(usage), outputTokens(usage)],
  }
}

function joined(parts: readonly StreamPart[], type: 'text-delta' | 'reasoning-delta'): string {
  return parts.flatMap((part) => (part.type === type ? [part.delta] : [])).join('')
}

/** What a client of the dialect read, with the reason as it was given when it is the nearest that it can know. */
export function readGist(dialect: DialectName, given: readonly StreamPart[], read: readonly StreamPart[]) {
  const { ending, ...rest } = gist(read)
  const reason = gist(given).ending as FinishReason
  return { ...rest, ending: ending === nearestReasons[dialect][reason] ? reason : ending }
}

/** The reasons that a dialect has no word for, and what its readers take from the nearest word. */
const nearestReasons: Record<DialectName, Partial<Record<FinishReason, FinishReason>>> = {
  'anthropic-messages': { 'content-filter': 'refusal', other: 'stop' },
  'openai-chat': { refusal: 'content-filter', pause: 'stop', 'context-window': 'length', other: 'stop' },
  'openai-responses': { pause: 'other', 'context-window': 'length' },
  gemini: { refusal: 'content-filter', pause: 'other', 'context-window': 'length' },
  ollama: {
    'content-filter': 'stop',
    refusal: 'stop',
    pause: 'stop',
    'context-window': 'length',
    other: 'stop',
  },
}

interface Block {
  kind: 'text' | 'reasoning' | 'tool-input'
  pieces: string[]
}

const pieces = fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 4 })
const args = fc.dictionary(fc.string({ minLength: 1 }), jsonValue({ noUnicodeString: false }), {
  maxKeys: 3,
})

const block: fc.Arbitrary<Block> = fc.oneof(
  pieces.map((texts): Block => ({ kind: 'text', pieces: texts })),
  pieces.map((texts): Block => ({ kind: 'reasoning', pieces: texts })),
  args
    .chain((object) => cut(JSON.stringify(object)))
    .map((texts): Block => ({ kind: 'tool-input', pieces: texts })),
)

function cut(text: string): fc.Arbitrary<string[]> {
  return fc.uniqueArray(fc.nat({ max: text.length }), { maxLength: 3 }).map((points) => {
    const sorted = points.toSorted((a, b) => a - b)
    return [...sorted, text.length].map((end, index) => text.slice(sorted[index - 1] ?? 0, end))
  })
}

/** As many as a call may take. */
const tokens = fc.nat({ max: 10_000_000 })

/** A reply of any blocks, one after the other or, calls with calls, at the same time. */
export const anyReply: fc.Arbitrary<StreamPart[]> = fc
  .record({
    blocks: fc.array(block, { minLength: 1, maxLength: 5 }),
    areParallel: fc.boolean(),
    counts: fc.record({ uncached: tokens, cacheRead: tokens, text: tokens, reasoning: tokens }),
  })
  .map(({ blocks, areParallel, counts }) => {
    const lists = blocks.map(partsOf)
    const calls = lists.filter((_, index) => blocks[index]?.kind === 'tool-input')
    const others = lists.filter((_, index) => blocks[index]?.kind !== 'tool-input')
    return [
      { type: 'response-start', id: 'reply-0', model: 'up' },
      ...(areParallel ? [...others.flat(), ...inTurns(calls)] : lists.flat()),
      {
        type: 'finish',
        reason: { unified: calls.length > 0 ? 'tool-calls' : 'stop', raw: '' },
        usage: usageOf(counts, null),
      },
    ]
  })

/** All calls begin, a piece of each in turn is written, then one after the other ends. */
function inTurns(calls: StreamPart[][]): StreamPart[] {
  const longest = Math.max(0, ...calls.map(({ length }) => length - 2))
  const begun = Array.from({ length: longest }, (_, at) =>
    calls.flatMap((call) => call.slice(0, -2).slice(at, at + 1)),
  )
  return [...begun.flat(), ...calls.flatMap((call) => call.slice(-2))]
}

function partsOf({ kind, pieces }: Block, index: number): StreamPart[] {
  const id = `${kind === 'tool-input' ? 'call' : kind}_${index}`
  const rawArgs = pieces.join('')
  return [
    kind === 'tool-input' ? { type: 'tool-input-start', id, name: 'lookup' } : { type: `${kind}-start`, id },
    ...pieces.map((delta): StreamPart => ({ type: `${kind}-delta`, id, delta })),
    { type: `${kind}-end`, id },
    ...(kind === 'tool-input'
      ? [{ type: 'tool-call' as const, id, name: 'lookup', args: JSON.parse(rawArgs), rawArgs }]
      : []),
  ]
}
