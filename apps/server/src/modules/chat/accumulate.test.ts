import { expect, it } from 'vitest'
import { Accumulator } from './accumulate.ts'

const accumulator = () => new Accumulator(() => 0)

it('joins a surrogate pair that came in two deltas', () => {
  const one = accumulator()
  const events = ['a\ud83d', '\ude00b'].flatMap((delta) => one.take({ type: 'text-delta', id: '1', delta }))
  expect(events).toEqual([
    { type: 'text_delta', text: 'a' },
    { type: 'text_delta', text: '😀b' },
  ])
  expect(one.content()).toEqual([{ type: 'text', text: 'a😀b' }])
})

it('replaces what PostgreSQL cannot hold in text and in arguments of tools', () => {
  const one = accumulator()
  one.take({ type: 'text-delta', id: '1', delta: 'a\0b\udc00c' })
  one.take({
    type: 'tool-call',
    id: '2',
    name: 'look',
    args: { text: ['x\0'], literal: String.raw`\u0000` },
    rawArgs: '',
  })
  expect(one.content()).toEqual([
    { type: 'text', text: 'a\uFFFDb\uFFFDc' },
    {
      type: 'tool_call',
      callId: '2',
      name: 'look',
      input: { text: ['x\uFFFD'], literal: String.raw`\u0000` },
    },
  ])
})

it('replaces it in citations, and in the names of tools and calls, for readers as in the message', () => {
  const one = accumulator()
  const call = { id: '1\0', name: 'look\ud800' }
  const names = { callId: '1\uFFFD', name: 'look\uFFFD' }
  expect(one.take({ type: 'tool-input-start', ...call })).toEqual([{ type: 'tool_call_started', ...names }])
  expect(one.take({ type: 'tool-input-delta', id: call.id, delta: '{}' })).toEqual([
    { type: 'tool_call_delta', callId: names.callId, inputText: '{}' },
  ])
  const shown = [
    ...one.take({ type: 'tool-call', ...call, args: {}, rawArgs: '{}' }),
    ...one.take({ type: 'tool-result', ...call, output: '', isError: false }),
    ...one.take({
      type: 'source',
      id: 's',

      url: 'a:\0',
      title: 't\0',
      snippet: 'x\udc00',
    }),
  ]
  expect(shown).toEqual([
    { type: 'tool_call_ended', ...names, input: {} },
    { type: 'tool_result', ...names, output: '', isError: false },
    { type: 'citation', index: 1, title: 't\uFFFD', url: 'a:\uFFFD', snippet: 'x\uFFFD' },
  ])
  expect(one.content()).toMatchObject(shown.map(({ type: _type, ...rest }) => rest))
})

it('keeps what proves thinking to its provider beside the thinking', () => {
  const one = accumulator()
  const providerData = { dialect: 'anthropic-messages' as const, data: { signature: 'abc' } }
  one.take({ type: 'reasoning-start', id: '1' })
  one.take({ type: 'reasoning-delta', id: '1', delta: 'hm' })
  one.take({ type: 'reasoning-end', id: '1', providerData })
  one.take({ type: 'text-delta', id: '2', delta: 'so' })
  expect(one.content()).toEqual([
    { type: 'reasoning', text: 'hm', durationMs: 0, providerData },
    { type: 'text', text: 'so' },
  ])
})
