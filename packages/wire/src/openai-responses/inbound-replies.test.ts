import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blocksOf, partsOfReply, replies, replyContext } from '../../testing/said.ts'
import { responsesEvents, responsesItems } from '../../testing/responses-events.ts'
import { decodeText, finishOf } from '../../testing/streams.ts'
import type { JsonObject, StreamPart } from '../index.ts'
import { openaiResponsesInbound as inbound } from './inbound.ts'
import { openaiResponses } from './index.ts'

const dialect = 'openai-responses'

function stream(parts: StreamPart[]): string {
  const encoder = inbound.createStreamEncoder(replyContext())
  return parts.map((part) => encoder.push(part)).join('')
}

function assistantOf(items: JsonObject[]) {
  const { request } = inbound.decodeRequest({
    model: 'm',
    input: [{ role: 'user', content: 'Hi' }, ...items],
  })
  return request.messages.flatMap((message) => (message.role === 'assistant' ? message.content : []))
}

describe('whatever a provider said', () => {
  test('is read from the stream as it was', () => {
    fc.assert(
      fc.property(replies({ rare: true }), fc.integer({ min: 1, max: 9 }), (reply, pieceLength) => {
        const parts = decodeText(dialect, stream(partsOfReply(reply, pieceLength)))
        const { reason, usage: counts } = finishOf(parts)
        expect(blocksOf(parts).map(plain)).toEqual(reply.blocks.map(plain))
        expect(reason.unified).toBe(reply.finish.reason.unified)
        expect({ ...counts, raw: null }).toEqual(reply.finish.usage)
      }),
    )
  })

  test('is the same in a whole reply as at the end of a stream', () => {
    fc.assert(
      fc.property(replies({ rare: true, states: ['gemini', dialect] }), (reply) => {
        const parts = partsOfReply(reply)
        const whole = inbound.encodeReply(parts, replyContext())
        expect(responsesEvents(stream(parts)).at(-1)?.['response']).toEqual(whole)
        expect(openaiResponses.decodeReply(JSON.stringify(whole)).at(-1)?.type).toBe('finish')
      }),
    )
  })

  test('comes back from the client with the state of the provider that wrote it', () => {
    const states = ['anthropic-messages', 'gemini', 'openai-chat', 'ollama'] as const
    fc.assert(
      fc.property(replies({ rare: true, states: [...states] }), (reply) => {
        expect(assistantOf(responsesItems(stream(partsOfReply(reply)))).map(argsOnly)).toEqual(reply.blocks)
      }),
    )
  })

  test('finds its way back to calls although the client has moved what carries their state', () => {
    const state = { dialect: 'gemini' as const, data: { thoughtSignature: 'c2ln' } }
    const call = { type: 'tool-call' as const, name: 'f', args: {}, rawArgs: '{}', providerData: state }
    const items = responsesItems(
      stream([
        { type: 'tool-input-start', id: 'a', name: 'f' },
        { type: 'tool-input-end', id: 'a' },
        { ...call, id: 'a' },
        { type: 'tool-input-start', id: 'b', name: 'f' },
        { type: 'tool-input-end', id: 'b' },
        { ...call, id: 'b', providerData: { ...state, data: { thoughtSignature: 'b' } } },
      ]),
    )
    const isCall = (item: JsonObject) => item['type'] === 'function_call'
    const moved = [...items.filter(isCall), ...items.filter((item) => !isCall(item))]
    expect(assistantOf(moved)).toMatchObject([
      { id: 'a', providerData: state },
      { id: 'b', providerData: { data: { thoughtSignature: 'b' } } },
    ])
    expect(assistantOf(items.filter((item) => !isCall(item)))).toEqual([])
  })
})

function plain(block: ReturnType<typeof blocksOf>[number]) {
  const { providerData: _data, ...rest } = block
  return rest
}

function argsOnly(block: ReturnType<typeof blocksOf>[number]) {
  if (block.type !== 'tool-call') return block
  const { rawArgs: _raw, ...rest } = block
  return rest
}
