import { expect, test } from 'vitest'
import type { FrameReader } from './frames.ts'
import { createNdjsonReader } from './ndjson.ts'
import { createSseReader } from './sse.ts'

test('events are read as the standard has them', () => {
  const text =
    '\uFEFF: hello\nevent: a\ndata: 1\ndata:  2\nid: 7\nretry: 9\n\ndata\n\nevent: lost\n\ndata:3\r\rdata: 4\r\n\r\n'
  expect(readAll(createSseReader(), text)).toEqual([
    { event: 'a', data: '1\n 2' },
    { event: '', data: '' },
    { event: '', data: '3' },
    { event: '', data: '4' },
  ])
})

test('an event without its last blank line is given at the end', () => {
  expect(readAll(createSseReader(), 'data: [DONE]')).toEqual([{ event: '', data: '[DONE]' }])
})

test('bytes that are no UTF-8 do not stop the reader', () => {
  const reader = createSseReader()
  expect(reader.push(Uint8Array.of(...Buffer.from('data: a'), 0xff, 0xfe, 10, 10))).toEqual([
    { event: '', data: 'a\uFFFD\uFFFD' },
  ])
})

test.each([
  ['SSE', createSseReader, 'data: '],
  ['NDJSON', createNdjsonReader, ''],
] as const)(
  '%s gives what came before an event that is too large, and nothing after',
  (_, create, prefix) => {
    const end = prefix === '' ? '\n' : '\n\n'
    const text = `${prefix}{"a":1}${end}${prefix}${'x'.repeat(100)}${end}${prefix}{"b":1}${end}`
    for (const size of [1, 7, 1000]) {
      const reader = create(50)
      const frames = readAll(reader, text, size)
      expect(frames).toEqual([{ event: '', data: '{"a":1}' }])
      expect(reader.overflowed).toBe(true)
    }
  },
)

test('lines of NDJSON may be blank, and the last may lack its end', () => {
  expect(readAll(createNdjsonReader(), '{"a":1}\n\n \r\n{"b":2}').map(({ data }) => data)).toEqual([
    '{"a":1}',
    '{"b":2}',
  ])
})

test('a long event in many pieces costs time in proportion to its length', () => {
  const piece = Buffer.from('x'.repeat(16_384))
  const reader = createSseReader()
  reader.push(Buffer.from('data: '))
  const began = performance.now()
  for (let count = 0; count < 1000; count += 1) reader.push(piece)
  expect(performance.now() - began).toBeLessThan(1500)
  expect(reader.push(Buffer.from('\n\n'))[0]?.data).toHaveLength(16_384_000)
})

function readAll(reader: FrameReader, text: string, size = 1_000_000) {
  const bytes = new TextEncoder().encode(text)
  const frames = []
  for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)))
  return [...frames, ...reader.end()]
}
