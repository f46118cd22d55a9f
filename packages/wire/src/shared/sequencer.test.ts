import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamPart } from '../spec/stream.ts'
import { usageOf } from '../spec/usage.ts'
import { Sequencer } from './sequencer.ts'

function sequence(parts: StreamPart[]): StreamPart[] {
  const out: StreamPart[] = []
  const sequencer = new Sequencer((part) => out.push(part))
  for (const part of parts) sequencer.push(part)
  return out
}

const finish: StreamPart = {
  type: 'finish',
  reason: { unified: 'stop', raw: '' },
  usage: usageOf({}, null),
}

function call(id: string): StreamPart[] {
  return [
    { type: 'tool-input-start', id, name: 'f' },
    { type: 'tool-input-delta', id, delta: '{"a":' },
    { type: 'tool-input-delta', id, delta: '1}' },
    { type: 'tool-input-end', id },
    { type: 'tool-call', id, name: 'f', args: { a: 1 }, rawArgs: '{"a":1}' },
  ]
}

test('calls that are written at the same time come one after the other', () => {
  const [a, b] = [call('a'), call('b')]
  const parts = sequence([...a.slice(0, 2), ...b.slice(0, 3), ...a.slice(2), ...b.slice(3), finish])
  expect(parts).toEqual([
    ...a,
    b[0],
    { type: 'tool-input-delta', id: 'b', delta: '{"a":1}' },
    ...b.slice(3),
    finish,
  ])
})

test('a text that is still open does not delay a call, and its rest follows the call', () => {
  const parts = sequence([
    { type: 'text-start', id: 't' },
    { type: 'text-delta', id: 't', delta: 'one' },
    ...call('a').slice(0, 3),
    { type: 'text-delta', id: 't', delta: 'two' },
    { type: 'text-end', id: 't' },
    ...call('a').slice(3),
    finish,
  ])
  expect(parts.map((part) => ('delta' in part ? part.delta : part.type))).toEqual([
    'text-start',
    'one',
    'text-end',
    'tool-input-start',
    '{"a":',
    '1}',
    'tool-input-end',
    'tool-call',
    'text-start',
    'two',
    'text-end',
    'finish',
  ])
})

test('reasoning stays whole, with the data at its end, while a call waits', () => {
  const end: StreamPart = {
    type: 'reasoning-end',
    id: 'r',
    providerData: { dialect: 'openai-chat', data: { field: 'reasoning' } },
  }
  const [begin, ...rest] = call('a')
  const parts = sequence([
    { type: 'reasoning-start', id: 'r' },
    begin as StreamPart,
    { type: 'reasoning-delta', id: 'r', delta: 'hm' },
    end,
    ...rest,
    finish,
  ])
  expect(parts).toEqual([
    { type: 'reasoning-start', id: 'r' },
    { type: 'reasoning-delta', id: 'r', delta: 'hm' },
    end,
    ...call('a'),
    finish,
  ])
})

/** The blocks of one reply, each with its own parts in order, merged in any way. */
const interleaved = fc
  .array(fc.tuple(fc.constantFrom('text', 'reasoning', 'tool'), fc.array(fc.string(), { maxLength: 4 })), {
    maxLength: 5,
  })
  .chain((blocks) => {
    const lists = blocks.map(([kind, deltas], index) => block(kind, `b${index}`, deltas))
    const picks = lists.flatMap((list, index) => list.map(() => index))
    return fc.shuffledSubarray(picks, { minLength: picks.length, maxLength: picks.length }).map((order) => {
      const queues = lists.map((list) => [...list])
      return [...order.map((index) => queues[index]?.shift() as StreamPart), finish]
    })
  })

function block(kind: string, id: string, deltas: string[]): StreamPart[] {
  const type = kind === 'tool' ? 'tool-input' : (kind as 'text' | 'reasoning')
  const parts: StreamPart[] = [
    type === 'tool-input' ? { type: 'tool-input-start', id, name: 'f' } : { type: `${type}-start`, id },
    ...deltas.map((delta): StreamPart => ({ type: `${type}-delta`, id, delta })),
    { type: `${type}-end`, id },
  ]
  if (kind === 'tool') parts.push({ type: 'tool-call', id, name: 'f', args: {}, rawArgs: deltas.join('') })
  return parts
}

test('however blocks interleave, none overlaps another and nothing is lost', () => {
  fc.assert(
    fc.property(interleaved, (parts) => {
      const out = sequence(parts)
      expect(contentByBlock(out)).toEqual(contentByBlock(parts))
      let open: string | undefined
      for (const part of out) {
        if (part.type === 'finish') continue
        const id = 'id' in part ? part.id : ''
        if (part.type.endsWith('-start')) {
          expect(open).toBeUndefined()
          open = id
        } else expect(open).toBe(id)
        if (['text-end', 'reasoning-end', 'tool-call'].includes(part.type)) open = undefined
      }
      expect(open).toBeUndefined()
      expect(out.at(-1)).toBe(finish)
    }),
  )
})

function contentByBlock(parts: StreamPart[]): Record<string, string> {
  const content: Record<string, string> = {}
  for (const part of parts) {
    if ('delta' in part) content[part.id] = (content[part.id] ?? '') + part.delta
    else if (part.type.endsWith('-start') && 'id' in part) content[part.id] ??= ''
  }
  return content
}
