import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface OddProvider extends AsyncDisposable {
  readonly url: string
}

/** A server that answers as no provider should. */
export async function startOddProvider(listener: RequestListener): Promise<OddProvider> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // It listens on a port, not on a pipe.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** One that gives everyone the same JSON; status 0 gives no answer at all. */
export const startAnswering = (status: number, text: string): Promise<OddProvider> =>
  startOddProvider((_request, response) => {
    if (status !== 0) response.writeHead(status, { 'content-type': 'application/json' }).end(text)
  })

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  await using server = await startAnswering(0, '')
  return Number(new URL(server.url).port)
}
