import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dialects } from '../registry.ts'
import type { DialectName } from '../spec/dialect-name.ts'
import { condense } from './condense.ts'

/** What a stream says, deltas joined. */
function said(dialect: DialectName, stream: Uint8Array): unknown[] {
  const decoder = dialects[dialect].createStreamDecoder()
  const told: { type: string; text: string }[] = []
  for (const part of [...decoder.push(stream), ...decoder.end()]) {
    const last = told.at(-1)
    if (!('delta' in part)) told.push({ type: part.type, text: JSON.stringify(part) })
    else if (last?.type === part.type) last.text += part.delta
    else told.push({ type: part.type, text: part.delta })
  }
  return told
}

const event = (body: object): string => `data: ${JSON.stringify(body)}\n\n`

const chunk = (delta: object, finish: string | null = null): string =>
  event({
    id: 'c-1',
    model: 'm',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })

const chat = (deltas: readonly object[]): string =>
  [...deltas.map((delta) => chunk(delta)), chunk({}, 'stop'), 'data: [DONE]\n\n'].join('')

const messages = (texts: readonly string[]): string =>
  [
    event({ type: 'message_start', message: { id: 'm-1', model: 'm', usage: { input_tokens: 1 } } }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...texts.map((text) =>
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    ),
    event({ type: 'content_block_stop', index: 0 }),
    event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }),
    event({ type: 'message_stop' }),
  ].join('')

const awkward = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('word ', '"', '\\', '\\"', '\n\n', '","content":"', '"content":"x"', '😀', 'ü', ''),
)
const delta = fc.oneof(
  { weight: 3, arbitrary: fc.record({ content: awkward }) },
  fc.record({ role: fc.constant('assistant'), content: awkward }),
  fc.record({ reasoning_content: awkward }),
  fc.record({ content: fc.constant(null), refusal: awkward }),
)

describe('a condensed stream', () => {
  it('says in Chat Completions what the whole one says', () => {
    fc.assert(
      fc.property(fc.array(delta, { maxLength: 30 }), (deltas) => {
        const stream = Buffer.from(chat(deltas))
        expect(said('openai-chat', condense(stream))).toEqual(said('openai-chat', stream))
      }),
    )
  })

  it('says in Messages what the whole one says', () => {
    fc.assert(
      fc.property(fc.array(awkward, { maxLength: 30 }), (texts) => {
        const stream = Buffer.from(messages(texts))
        expect(said('anthropic-messages', condense(stream))).toEqual(said('anthropic-messages', stream))
      }),
    )
  })

  it('may have been cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(delta, { maxLength: 10 }), fc.nat(), (deltas, cut) => {
        const whole = Buffer.from(chat(deltas))
        const stream = whole.subarray(0, cut % (whole.length + 1))
        expect(said('openai-chat', condense(stream))).toEqual(said('openai-chat', stream))
      }),
    )
  })

  it('of plain words has one event for all of them', () => {
    const stream = Buffer.from(chat(Array.from({ length: 50 }, (_, index) => ({ content: `word${index} ` }))))
    expect(Buffer.from(condense(stream)).toString().split('\n\n')).toHaveLength(4)
  })
})
