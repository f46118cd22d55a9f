import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { ChunkedBody } from './chunks.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function listen(
  answer: (response: ServerResponse, asked: IncomingMessage) => Promise<void>,
): Promise<number> {
  const server = createServer((asked, response) => void answer(response, asked))
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  // It listens on a port.
  return (server.address() as AddressInfo).port
}

const pieces = ['first', Buffer.from('zweites – "ß"'), '', 'drittes 🙂', new Uint8Array([0x21])]
const whole = 'firstzweites – "ß"drittes 🙂!'

const writing =
  (pause: () => Promise<void>) =>
  async (response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const body = new ChunkedBody(response)
    for (const piece of pieces) {
      body.write(piece)
      await pause()
    }
    response.addTrailers({ 'x-end': 'yes' })
    response.end()
  }

/** What a connection answers to these bytes until it is closed. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  return text(socket)
}

it('writes without any pause in order', async () => {
  const port = await listen(async (response) => {
    response.flushHeaders()
    const body = new ChunkedBody(response)
    for (const piece of pieces) body.write(piece)
    response.end()
  })
  const asking = request({ port, host: '127.0.0.1' }).end()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  expect(await text(response)).toBe(whole)
})

/** How long after a piece the next one is written. */
const paces = {
  'at once': () => Promise.resolve(),
  'in the next turn': () => nextTurn(),
  later: () => sleep(5),
}

it.each(Object.entries(paces))(
  'gives all pieces in order, and trailers behind them: %s',
  async (_, pause) => {
    const port = await listen(writing(pause))
    const asking = request({ port, host: '127.0.0.1' }).end()
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    expect(await text(response)).toBe(whole)
    expect(response.trailers).toEqual({ 'x-end': 'yes' })
  },
)

it.each(Object.entries(paces))('writes no chunks to a client of HTTP/1.0: %s', async (_, pause) => {
  const port = await listen(writing(pause))
  const answer = await raw(port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')
  expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toBe(whole)
})

it('keeps answers apart that were asked for on one connection at once', async () => {
  const port = await listen(async (response, { url }) => {
    const body = new ChunkedBody(response)
    response.writeHead(200)
    for (const step of [1, 2, 3]) {
      body.write(`${url} ${step};`)
      // The second one is done before the first.
      await sleep(url === '/a' ? 30 : 1)
    }
    response.end()
  })
  const ask = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`
  const answer = await raw(port, ask('/a') + ask('/b', 'Connection: close\r\n'))
  const said = [...answer.matchAll(/\/[ab] \d;/g)].map(([piece]) => piece)
  expect(said).toEqual(['/a 1;', '/a 2;', '/a 3;', '/b 1;', '/b 2;', '/b 3;'])
  expect(answer.match(/\r\n0\r\n\r\n/g)).toHaveLength(2)
})

/** Writes until the reader lags; gives how to wait for it. */
async function lag(response: ServerResponse): Promise<{ body: ChunkedBody; bytes: number }> {
  const body = new ChunkedBody(response)
  const piece = Buffer.alloc(8 * 1024, 'x')
  body.write(piece)
  await nextTurn()
  let bytes = 2 * piece.length
  // Without a pause, in which the reader could keep up.
  for (; body.write(piece); bytes += piece.length);
  return { body, bytes }
}

async function open(port: number): Promise<IncomingMessage> {
  const [response] = (await once(request({ port, host: '127.0.0.1' }).end(), 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  return response
}

it('says when a reader lags and when it has caught up', async () => {
  const written = Promise.withResolvers<number>()
  const port = await listen(async (response) => {
    const { body, bytes } = await lag(response)
    await body.drained()
    response.end()
    written.resolve(bytes)
  })
  const received = await text(await open(port))
  expect(received.length).toBe(await written.promise)
  expect(received.length).toBeGreaterThan(64 * 1024)
})

it('does not wait for a reader that is gone', async () => {
  const lagged = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const port = await listen(async (response) => {
    const { body } = await lag(response)
    lagged.resolve()
    await body.drained()
    over.resolve()
  })
  const response = await open(port)
  await lagged.promise
  response.destroy()
  await expect(over.promise).resolves.toBeUndefined()
})
