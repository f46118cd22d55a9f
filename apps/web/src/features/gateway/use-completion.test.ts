import { expect, test } from 'vitest'
import { pieces } from './use-completion.ts'

/** A stream that breaks every event apart. */
const streamOf = (text: string) => {
  const bytes = new TextEncoder().encode(text)
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.slice(at, at + 7))
      controller.close()
    },
  })
}
const event = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`

test('texts arrive whole however the stream is cut', async () => {
  const stream = streamOf(`: hello\n\n${event('Grüße')}${event(' an alle')}data: [DONE]\n\n`)
  expect((await Array.fromAsync(pieces(stream))).join('')).toBe('Grüße an alle')
})

test('an error inside the stream is thrown with its words', async () => {
  const stream = streamOf(`${event('Half')}data: {"error":{"message":"The provider broke off."}}\n\n`)
  await expect(Array.fromAsync(pieces(stream))).rejects.toThrow('The provider broke off.')
})
