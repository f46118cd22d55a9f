import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { PassThrough, Transform } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EventStreams, type EventStream } from './sse.ts'

let app: FastifyInstance
let streams: EventStreams
let url: string
let opened: PromiseWithResolvers<EventStream>
beforeEach(async () => {
  app = fastify({ forceCloseConnections: true })
  streams = new EventStreams()
  opened = Promise.withResolvers()
  app.get('/', (asked, reply) => opened.resolve(streams.open(asked, reply)))
  url = await app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(() => app.close())

/** Opens the stream; nothing of it is read before somebody asks for it. */
async function openStream(encoding: string): Promise<{ stream: EventStream; response: IncomingMessage }> {
  const asking = request(url, { headers: { 'accept-encoding': encoding } }).end()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  return { stream: await opened.promise, response }
}

const encodings = ['identity', 'gzip', 'br', 'zstd']
/** Cannot be compressed to less than half. */
const event = { event: 'noise', data: randomBytes(32 * 1024).toString('hex') }
const eventBytes = event.data.length
const mib = 1024 * 1024

/** Sends until the stream ends or so much has been sent; gives the bytes. */
async function sendUpTo(stream: EventStream, bytes: number, pause: () => Promise<unknown>): Promise<number> {
  let sent = 0
  for (; sent < bytes && !stream.ended.aborted; sent += eventBytes) {
    stream.send(event)
    await pause()
  }
  return sent
}

const decoders = { gzip: createGunzip, br: createBrotliDecompress, zstd: createZstdDecompress }

it.each(Object.entries(decoders))('lets each event out at once, with %s', async (encoding, decoder) => {
  const { stream, response } = await openStream(encoding)
  expect(response.headers['content-encoding']).toBe(encoding)
  const reading = response.pipe(decoder())
  for (const id of [1, 2, 3]) {
    stream.send({ id, event: 'token', data: '{"text":"word"}' })
    const [chunk] = (await once(reading, 'data')) as [Buffer]
    expect(chunk.toString()).toBe(`id: ${id}\nevent: token\ndata: {"text":"word"}\n\n`)
  }
  stream.close()
})

it.each([
  ['gzip;q=0, br', 'br'],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip;q=1, zstd;q=0.5', 'gzip'],
  ['identity', undefined],
  ['compress', undefined],
])('answers Accept-Encoding: %s with %s', async (accepted, encoding) => {
  const { response } = await openStream(accepted)
  expect(response.headers['content-encoding']).toBe(encoding)
  response.destroy()
})

it.each(encodings)('cuts a reader off that falls behind, with %s', async (encoding) => {
  const { stream } = await openStream(encoding)
  const sent = await sendUpTo(stream, 256 * mib, () => sleep(1))
  // The system's own buffers take some megabytes besides the one that is allowed.
  expect(sent).toBeLessThan(32 * mib)
  expect(stream.ended.aborted).toBe(true)
  expect(streams.count).toBe(0)
})

it.each(encodings)('sends any amount to a reader that keeps up, with %s', async (encoding) => {
  const { stream, response } = await openStream(encoding)
  let received = 0
  response.on('data', (chunk: Buffer) => (received += chunk.length))
  const sent = await sendUpTo(stream, 8 * mib, () => stream.drained())
  stream.close()
  await once(response, 'end')
  expect(sent).toBeGreaterThanOrEqual(8 * mib)
  expect(received).toBeGreaterThan(sent / 3)
})

it.each(encodings)(
  'gives an event of megabytes, and what follows it, to a reader that takes its time, with %s',
  async (encoding) => {
    const { stream, response } = await openStream(encoding)
    const long = `${randomBytes(3 * mib).toString('hex')}é`
    stream.send({ id: 1, event: 'long', data: long })
    stream.send({ id: 2, event: 'short', data: '{}' })
    stream.close()
    const decoder = decoders[encoding as keyof typeof decoders]?.() ?? new PassThrough()
    let text = ''
    decoder.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    for await (const piece of response.pipe(new Slow(mib))) decoder.write(piece)
    decoder.end()
    await once(decoder, 'end')
    expect(text).toBe(`id: 1\nevent: long\ndata: ${long}\n\nid: 2\nevent: short\ndata: {}\n\n`)
  },
)

/** Passes bytes on at a pace, in bytes per second. */
class Slow extends Transform {
  readonly #rate: number

  constructor(rate: number) {
    super()
    this.#rate = rate
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    setTimeout(() => done(null, chunk), (chunk.length * 1000) / this.#rate)
  }
}
