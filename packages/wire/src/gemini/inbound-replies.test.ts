import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blocksOf, partsOfReply, replies, replyContext } from '../../testing/said.ts'
import { decodeText, finishOf } from '../../testing/streams.ts'
import type { AssistantPart, JsonObject, StreamPart } from '../index.ts'
import { geminiInbound as inbound } from './inbound.ts'
import { gemini } from './index.ts'

const dialect = 'gemini'
const states = ['anthropic-messages', 'openai-responses', 'openai-chat', 'ollama'] as const

interface Response extends JsonObject {
  candidates: { content: JsonObject & { parts: JsonObject[] }; finishReason?: string; index: number }[]
}

function stream(parts: StreamPart[], includeThoughts = true): string {
  const encoder = inbound.createStreamEncoder(replyContext({ includeThoughts }))
  return parts.map((part) => encoder.push(part)).join('')
}

function contentsOf(text: string) {
  return text
    .split('\r\n\r\n')
    .filter((frame) => frame !== '')
    .flatMap((frame) => (JSON.parse(frame.slice('data: '.length)) as Response).candidates)
    .map(({ content }) => content)
}

function assistantOf(contents: JsonObject[]): AssistantPart[] {
  const asked = { role: 'user', parts: [{ text: 'Hi' }] }
  const { request } = inbound.decodeRequest({ contents: [asked, ...contents] }, { model: 'm' })
  return request.messages.flatMap((message) => (message.role === 'assistant' ? message.content : []))
}

/** Parts have no borders: what bears no state joins what is before it, and says nothing when it is empty. */
function joined(blocks: AssistantPart[]): AssistantPart[] {
  const result: AssistantPart[] = []
  for (const block of blocks) {
    const last = result.at(-1)
    const isText = block.type === 'text' || block.type === 'reasoning'
    if (isText && block.text === '' && !block.providerData) continue
    const continues = isText && last?.type === block.type && !block.providerData && !last.providerData
    if (continues && 'text' in last) result[result.length - 1] = { ...last, text: last.text + block.text }
    else result.push(block)
  }
  return result
}

/** Calls without state come back with their id, which a provider of this dialect would know. */
function withIds(blocks: AssistantPart[]): AssistantPart[] {
  return blocks.map((block) =>
    block.type === 'tool-call' && !block.providerData
      ? { ...block, providerData: { dialect, data: { id: block.id } } }
      : block,
  )
}

describe('whatever a provider said', () => {
  test('is read from the stream as it was', () => {
    fc.assert(
      fc.property(replies({ rare: true }), fc.integer({ min: 1, max: 9 }), (reply, pieceLength) => {
        const parts = decodeText(dialect, stream(partsOfReply(reply, pieceLength)))
        const { reason, usage } = finishOf(parts)
        expect(blocksOf(parts)).toEqual(withIds(joined(reply.blocks)))
        expect(reason.unified).toBe(reply.finish.reason.unified)
        expect({ ...usage, raw: null }).toEqual(reply.finish.usage)
      }),
    )
  })

  test('is read from a whole reply as it was', () => {
    fc.assert(
      fc.property(replies({ rare: true }), (reply) => {
        const whole = inbound.encodeReply(partsOfReply(reply), replyContext({ includeThoughts: true }))
        const parts = gemini.decodeReply(JSON.stringify(whole))
        expect(parts[0]).toEqual({ type: 'response-start', id: 'up_1', model: 'team/model' })
        expect(blocksOf(parts)).toEqual(withIds(joined(reply.blocks)))
        expect(finishOf(parts).reason.unified).toBe(reply.finish.reason.unified)
        expect({ ...finishOf(parts).usage, raw: null }).toEqual(reply.finish.usage)
      }),
    )
  })

  test('comes back from the client with the state of the provider that wrote it', () => {
    fc.assert(
      fc.property(
        replies({ rare: true, states: [...states] }),
        fc.integer({ min: 1, max: 9 }),
        (reply, length) => {
          const parts = partsOfReply(reply, length)
          const expected = withIds(joined(reply.blocks))
          const chunks = contentsOf(stream(parts))
          const whole = inbound.encodeReply(parts, replyContext({ includeThoughts: true })) as Response
          expect(assistantOf(chunks)).toEqual(expected)
          expect(assistantOf([{ role: 'model', parts: chunks.flatMap((content) => content.parts) }])).toEqual(
            expected,
          )
          expect(assistantOf(whole.candidates.map(({ content }) => content))).toEqual(expected)
        },
      ),
    )
  })

  test('comes back though its thoughts were not shown, except thoughts that nobody signed', () => {
    fc.assert(
      fc.property(replies({ rare: true, states: [...states] }), (reply) => {
        const signed = reply.blocks.filter((block) => block.type !== 'reasoning' || block.providerData)
        const expected = withIds(joined(signed))
        const whole = inbound.encodeReply(partsOfReply(reply), replyContext()) as Response
        expect(assistantOf(contentsOf(stream(partsOfReply(reply), false)))).toEqual(expected)
        expect(assistantOf(whole.candidates.map(({ content }) => content))).toEqual(expected)
      }),
    )
  })

  test('is kept though the client joined the chunks of a block', () => {
    const state = { dialect: 'anthropic-messages' as const, data: { signature: 'S' } }
    const parts: StreamPart[] = [
      { type: 'reasoning-start', id: 'a' },
      { type: 'reasoning-delta', id: 'a', delta: 'one' },
      { type: 'reasoning-end', id: 'a' },
      { type: 'reasoning-start', id: 'b' },
      { type: 'reasoning-delta', id: 'b', delta: 'two' },
      { type: 'reasoning-end', id: 'b', providerData: state },
    ]
    const chunks = contentsOf(stream(parts)).flatMap((content) => content.parts)
    const thoughtSignature = chunks.at(-1)?.['thoughtSignature']
    const one = { text: 'onetwo', thought: true, thoughtSignature }
    expect(assistantOf([{ role: 'model', parts: [one] }])).toEqual([
      { type: 'reasoning', text: 'one' },
      { type: 'reasoning', text: 'two', providerData: state },
    ])
    expect(assistantOf([{ role: 'model', parts: [{ ...one, text: 'wo' }] }])).toEqual([
      { type: 'reasoning', text: 'wo', providerData: state },
    ])
  })
})
