import fc from 'fast-check'
import { jsonValue } from './json.ts'
import { type Inbound, type ReplyContext, type StreamPart, usageOf } from '../src/index.ts'

/** The stream of a reply as an inbound dialect writes it. */
export function writeStream(inbound: Inbound, parts: StreamPart[], context: ReplyContext): string {
  const encoder = inbound.createStreamEncoder(context)
  return parts.map((part) => encoder.push(part)).join('')
}

/** What a reply says, without the boundaries and ids of blocks, which not all dialects carry. */
export interface ReplySummary {
  /** Text and reasoning in their order; neighbours of one kind are one. */
  content: { kind: string; text: string }[]
  calls: { id: string; name: string; args: unknown }[]
  finish: unknown
  counts: unknown
}

export function summaryOf(parts: StreamPart[]): ReplySummary {
  const summary: ReplySummary = { content: [], calls: [], finish: undefined, counts: undefined }
  for (const part of parts) {
    if (part.type === 'text-delta' || part.type === 'reasoning-delta') {
      const kind = part.type === 'text-delta' ? 'text' : 'reasoning'
      const last = summary.content.at(-1)
      if (last?.kind === kind) last.text += part.delta
      else if (part.delta !== '') summary.content.push({ kind, text: part.delta })
    } else if (part.type === 'tool-call') {
      summary.calls.push({ id: part.id, name: part.name, args: part.args })
    } else if (part.type === 'finish') {
      summary.finish = part.reason.unified
      summary.counts = { input: part.usage.input, output: part.usage.output }
    }
  }
  return summary
}

/** Any text, lone surrogates and what ends a frame included. */
export const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.constantFrom('', '\n', '\r\n\r\n', 'data: [DONE]\n\n', '\u2028', '"}', '🌍'),
)

const block = fc.oneof(
  fc.record({
    kind: fc.constantFrom('text' as const, 'reasoning' as const),
    deltas: fc.array(anyText, { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('call' as const),
    name: fc.stringMatching(/^[a-z_]{1,12}$/u),
    pieces: fc.tuple(fc.dictionary(anyText, jsonValue(), { maxKeys: 3 }), fc.nat()).map(cutArgs),
  }),
)

/** Arguments as a model spells them, in pieces, on one line or several; no arguments have no piece. */
function cutArgs([args, at]: [Record<string, unknown>, number]): string[] {
  if (Object.keys(args).length === 0) return []
  const text = JSON.stringify(args, undefined, at % 2)
  const pieces = [text.slice(0, at % text.length), text.slice(at % text.length)]
  return at % 3 === 0 ? [...pieces, '\n'] : pieces
}

/** As many as a call may take. */
const tokens = fc.nat({ max: 10_000_000 })

/** Any finished reply of text, reasoning and calls, as a stream whose deltas are cut anywhere. */
export const anyReply = fc
  .record({
    id: fc.string({ minLength: 1 }),
    blocks: fc.array(block, { maxLength: 6 }),
    reason: fc.constantFrom('stop' as const, 'length' as const),
    counts: fc.record({ uncached: tokens, text: tokens }),
  })
  .map(({ id, blocks, reason, counts }): StreamPart[] => {
    const hasCalls = blocks.some(({ kind }) => kind === 'call')
    return [
      { type: 'response-start', id, model: 'upstream' },
      ...blocks.flatMap((content, index) => {
        const blockId = `block-${index}`
        return content.kind === 'call'
          ? callParts(blockId, content.name, content.pieces)
          : textParts(content.kind, blockId, content.deltas)
      }),
      {
        type: 'finish',
        reason: { unified: hasCalls ? 'tool-calls' : reason, raw: '' },
        usage: usageOf(counts, null),
      },
    ]
  })

function textParts(kind: 'text' | 'reasoning', id: string, deltas: string[]): StreamPart[] {
  return [
    { type: `${kind}-start`, id },
    ...deltas.map((delta): StreamPart => ({ type: `${kind}-delta`, id, delta })),
    { type: `${kind}-end`, id },
  ]
}

function callParts(id: string, name: string, pieces: string[]): StreamPart[] {
  const rawArgs = pieces.join('') || '{}'
  return [
    { type: 'tool-input-start', id, name },
    ...pieces.map((delta): StreamPart => ({ type: 'tool-input-delta', id, delta })),
    { type: 'tool-input-end', id },
    { type: 'tool-call', id, name, args: JSON.parse(rawArgs), rawArgs },
  ]
}
