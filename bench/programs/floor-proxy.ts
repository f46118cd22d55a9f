/** The least that a proxy in Node can do: `node:http` in front, undici behind, bytes passed as they come. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Agent } from 'undici'

const upstream = process.argv[2] ?? ''
const agent = new Agent({ connections: 4096, pipelining: 1 })

async function pass(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  const answer = await agent.request({
    origin: upstream,
    path: request.url ?? '/',
    method: 'POST',
    headers: {
      'content-type': request.headers['content-type'] ?? 'application/json',
      authorization: request.headers.authorization ?? '',
    },
    body,
  })
  response.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']) })
  answer.body.pipe(response)
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.once('end', () => {
    pass(request, response, Buffer.concat(chunks)).catch(() => response.destroy())
  })
})
server.keepAliveTimeout = 65_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address) console.log(`listening on http://127.0.0.1:${address.port}`)
})
