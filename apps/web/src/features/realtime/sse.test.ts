import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEvents, SseParser, type ServerEvent } from './sse.ts'

const whole = (text: string): ServerEvent[] => new SseParser().push(text)

function byteStream(pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

async function collect(pieces: Uint8Array[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = []
  for await (const event of readEvents(byteStream(pieces))) events.push(event)
  return events
}

describe('SseParser', () => {
  it('reads id, type and data', () => {
    expect(whole('id: 7\nevent: text_delta\ndata: {"a":1}\n\n')).toEqual([
      { id: '7', type: 'text_delta', data: '{"a":1}' },
    ])
  })

  it('joins data lines, strips one space and ignores comments', () => {
    expect(whole(': beat\n\ndata:  two\ndata\ndata:x\n\n')).toEqual([
      { id: '', type: 'message', data: ' two\n\nx' },
    ])
  })

  it('keeps the id for later events and forgets the type', () => {
    expect(whole('id: 1\nevent: a\ndata: 1\n\ndata: 2\n\n')).toEqual([
      { id: '1', type: 'a', data: '1' },
      { id: '1', type: 'message', data: '2' },
    ])
  })

  it('gives nothing for an event that never ended', () => {
    expect(whole('data: half\n')).toEqual([])
  })

  it('reads the same events at any byte split and with any line ending', async () => {
    const line = fc.constantFrom(
      'data: ä€😀',
      'data',
      'id: 42',
      'event: x',
      ': c',
      '',
      '',
      'data: {"t":"日本"}',
    )
    const ending = fc.constantFrom('\n', '\r\n', '\r')
    const stream = fc.array(line, { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(
        stream,
        ending,
        fc.array(fc.nat({ max: 400 }), { maxLength: 12 }),
        fc.boolean(),
        async (lines, end, cuts, mark) => {
          const text = (mark ? '\uFEFF' : '') + lines.map((each) => each + end).join('')
          const bytes = new TextEncoder().encode(text)
          const at = [...new Set(cuts.filter((cut) => cut < bytes.length))].toSorted((a, b) => a - b)
          const pieces = [...at, bytes.length].map((cut, index) =>
            bytes.slice(index === 0 ? 0 : at[index - 1], cut),
          )
          expect(await collect(pieces)).toEqual(whole(lines.map((each) => `${each}\n`).join('')))
        },
      ),
    )
  })
})
