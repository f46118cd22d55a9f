import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type Server } from 'node:net'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { createEgress, type Egress, EgressError, type EgressOptions, type EgressRequest } from './egress.ts'

let opened: AsyncDisposableStack = new AsyncDisposableStack()

afterEach(async () => {
  await opened.disposeAsync()
  opened = new AsyncDisposableStack()
})

const egress = (options: Partial<EgressOptions> = {}): Egress =>
  opened.use(createEgress({ allowedCidrs: [], allowedOrigins: [], ...options }))

/** A client to whom the machine itself is the Internet. */
const open = (options: Partial<EgressOptions> = {}): Egress =>
  egress({ allowedCidrs: ['127.0.0.0/8'], ...options })

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await listen(server)
  opened.defer(() => server.closeAllConnections())
  return originOf(server)
}

async function listen(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.defer(() => void server.close())
}

function originOf(server: Server): string {
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the server does not listen')
  return `http://127.0.0.1:${address.port}`
}

async function failure(request: Promise<unknown>): Promise<EgressError> {
  const error: unknown = await request.then(
    () => 'no failure',
    (reason: unknown) => reason,
  )
  if (error instanceof EgressError) return error
  throw new Error('expected an EgressError', { cause: error })
}

const hello = (_: IncomingMessage, response: ServerResponse): void => void response.end('hello')

test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://0/',
  'http://0.0.0.0/',
  'http://10.0.0.1/',
  'http://172.16.0.1/',
  'http://192.168.1.1/',
  'http://168.63.129.16/',
  'http://100.64.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://198.18.0.1/',
  'http://192.0.2.1/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'http://[::]/',
  'http://[::1]/',
  'http://[::127.0.0.1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:8.8.8.8]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[64:ff9b:1::a00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:7f00:1::]/',
  'http://[fe80::1]/',
  'http://[fc00::1]/',
  'http://[fd00:ec2::254]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://[2001:db8::1]/',
  'https://127.0.0.1/',
  'http://localhost:1/',
  'http://LOCALHOST:1/',
])('%s is refused', async (url) => {
  expect(await failure(egress().request({ url }))).toMatchObject({ code: 'address-refused', sent: false })
})

test.each([
  'file:///etc/passwd',
  'ftp://example.com/',
  'javascript:alert(1)',
  '//x',
  '',
  'http://user:pw@example.com/',
])('%j is not a URL to request', async (url) => {
  expect(await failure(egress().request({ url }))).toMatchObject({ code: 'url-refused', sent: false })
})

test('a name that leads to a private address is refused, whatever it answered before', async () => {
  const url = await serve(hello)
  const answers = ['93.184.215.14', '127.0.0.1']
  const asked: string[] = []
  const resolve = async (name: string) => {
    asked.push(name)
    return [{ address: answers.shift() ?? '127.0.0.1', family: 4 }]
  }
  const client = egress({ resolve, connectTimeoutMs: 200 })
  const rebinding = url.replace('127.0.0.1', 'rebind.example')
  expect((await failure(client.request({ url: rebinding }))).code).not.toBe('address-refused')
  expect(await failure(client.request({ url: rebinding }))).toMatchObject({ code: 'address-refused' })
  expect(asked).toEqual(['rebind.example', 'rebind.example'])
})

test('of several addresses only those allowed are used', async () => {
  const url = await serve(hello)
  const found = ['10.0.0.1', '127.0.0.1'].map((address) => ({ address, family: 4 }))
  const { body } = await open({ resolve: async () => found }).request({
    url: url.replace('127.0.0.1', 'mixed.example'),
  })
  expect(await text(body)).toBe('hello')
})

test("the operator's ranges and origins open what is private, and nothing beside it", async () => {
  const url = await serve(hello)
  const other = await serve(hello)
  expect((await open().request({ url })).status).toBe(200)
  const byOrigin = egress({ allowedOrigins: [url] })
  expect((await byOrigin.request({ url: `${url}/v1/models` })).status).toBe(200)
  expect(await failure(byOrigin.request({ url: other }))).toMatchObject({ code: 'address-refused' })
  expect(await failure(egress({ allowedCidrs: ['10.0.0.0/8'] }).request({ url }))).toMatchObject({
    code: 'address-refused',
  })
})

test('a redirect is an answer unless it is asked to be followed', async () => {
  const url = await serve((_, response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
  )
  expect((await open().request({ url })).status).toBe(302)
})

test('a redirect to a private address is refused', async () => {
  const inner = await serve(hello)
  const url = await serve((_, response) => response.writeHead(302, { location: inner }).end())
  const client = egress({ allowedOrigins: [url] })
  expect(await failure(client.request({ url, maxRedirects: 3 }))).toMatchObject({
    code: 'address-refused',
    sent: true,
  })
})

test('credentials stay with their origin, and go along inside it', async () => {
  const seen: IncomingMessage['headers'][] = []
  const elsewhere = await serve((request, response) => {
    seen.push(request.headers)
    response.end()
  })
  const url = await serve((request, response) => {
    seen.push(request.headers)
    response.writeHead(307, { location: request.url === '/a' ? '/b' : elsewhere }).end()
  })
  const headers = {
    Authorization: 'Bearer s',
    cookie: 'c=1',
    'x-api-key': 'k',
    'X-Custom': 'v',
    accept: 'text/plain',
  }
  const { url: last } = await open().request({ url: `${url}/a`, headers, maxRedirects: 2 })
  expect(last).toBe(`${elsewhere}/`)
  expect(seen[1]).toMatchObject({ authorization: 'Bearer s', 'x-api-key': 'k' })
  expect(Object.keys(seen[2] ?? {}).toSorted()).toEqual(['accept', 'connection', 'host'])
})

test('a redirected POST becomes a GET where HTTP says so, and is repeated where it says that', async () => {
  const seen: string[] = []
  const url = await serve(async (request, response) => {
    seen.push(`${request.method} ${request.url} ${await text(request)}`)
    if (request.url === '/303') response.writeHead(303, { location: '/end' }).end()
    else if (request.url === '/308') response.writeHead(308, { location: '/end' }).end()
    else response.end()
  })
  const post = (path: string, body: EgressRequest['body'] = 'body') =>
    open().request({ url: url + path, method: 'POST', body, maxRedirects: 1 })
  await post('/303')
  await post('/308')
  expect(seen).toEqual(['POST /303 body', 'GET /end ', 'POST /308 body', 'POST /end body'])
  const stream = (async function* () {
    yield Buffer.from('once')
  })()
  expect(await failure(post('/308', stream))).toMatchObject({ code: 'redirect-refused' })
})

test('redirects in a circle end', async () => {
  const url = await serve((_, response) => response.writeHead(302, { location: '/' }).end())
  expect(await failure(open().request({ url, maxRedirects: 3 }))).toMatchObject({
    code: 'too-many-redirects',
  })
})

test('failures are told apart, with whether the request was sent', async () => {
  const client = open({ connectTimeoutMs: 300 })
  const closed = await serve(hello)
  const port = Number(new URL(closed).port)
  const silent = createTcpServer(() => undefined)
  await listen(silent)
  const breaking = createTcpServer((socket) => void socket.once('data', () => socket.destroy()))
  await listen(breaking)
  const plain = await serve(hello)
  const noSuchName = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  const nowhere = () => Promise.reject(noSuchName)

  expect(await failure(open({ resolve: nowhere }).request({ url: 'http://nowhere.example' }))).toMatchObject({
    code: 'dns',
    sent: false,
  })
  expect(await failure(client.request({ url: `http://127.0.0.2:${port === 1 ? 2 : 1}` }))).toMatchObject({
    code: 'connect',
    sent: false,
  })
  expect(await failure(client.request({ url: plain.replace('http:', 'https:') }))).toMatchObject({
    code: 'tls',
    sent: false,
  })
  expect(await failure(client.request({ url: originOf(breaking) }))).toMatchObject({
    code: 'cut',
    sent: true,
  })
  expect(await failure(client.request({ url: originOf(silent), headersTimeoutMs: 200 }))).toMatchObject({
    code: 'timeout',
    sent: true,
  })
  expect(await failure(client.request({ url: originOf(silent), timeoutMs: 100 }))).toMatchObject({
    code: 'timeout',
  })
  expect(await failure(client.request({ url: originOf(silent).replace('http', 'https') }))).toMatchObject({
    code: 'timeout',
    sent: false,
  })
  expect(await failure(client.request({ url: plain, headers: { 'x-bad': 'a\nb' } }))).toMatchObject({
    code: 'invalid-request',
    sent: false,
  })
  expect(await failure(client.request({ url: plain, signal: AbortSignal.abort() }))).toMatchObject({
    code: 'aborted',
    sent: false,
  })
})

test('an answer larger than allowed is cut off, announced or not', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/announced') response.setHeader('content-length', 5_000_000)
    const timer = setInterval(() => response.write(Buffer.alloc(10_000)), 1)
    response.on('close', () => clearInterval(timer))
  })
  expect(await failure(open().request({ url: `${url}/announced`, maxBytes: 50_000 }))).toMatchObject({
    code: 'too-large',
  })
  const { body } = await open().request({ url, maxBytes: 50_000 })
  expect(await failure(text(body))).toMatchObject({ code: 'too-large' })
})

test('an answer that stalls or breaks off fails in the middle of its body', async () => {
  const url = await serve((request, response) => {
    response.write('begun')
    if (request.url === '/cut') setTimeout(() => response.destroy(), 50)
  })
  const stalled = await open().request({ url, idleTimeoutMs: 200 })
  expect(await failure(text(stalled.body))).toMatchObject({ code: 'timeout', sent: true })
  const late = await open().request({ url, timeoutMs: 200 })
  expect(await failure(text(late.body))).toMatchObject({ code: 'timeout' })
  const cut = await open().request({ url: `${url}/cut` })
  expect(await failure(text(cut.body))).toMatchObject({ code: 'cut', sent: true })
})

test('aborting closes the socket, before the answer and during it', async () => {
  let closed = 0
  const url = await serve((request, response) => {
    request.socket.on('close', () => (closed += 1))
    if (request.url === '/streaming') response.write('begun')
  })
  for (const path of ['/waiting', '/streaming']) {
    const controller = new AbortController()
    const running = open()
      .request({ url: url + path, signal: controller.signal })
      .then(({ body }) => text(body))
    await sleep(50)
    controller.abort()
    expect(await failure(running)).toMatchObject({ code: 'aborted' })
  }
  await sleep(50)
  expect(closed).toBe(2)
})

test('connections to one origin are bounded', async () => {
  let now = 0
  let most = 0
  const url = await serve((_, response) => {
    most = Math.max(most, ++now)
    setTimeout(() => {
      now -= 1
      response.end('done')
    }, 20)
  })
  const client = open({ maxConnectionsPerOrigin: 3 })
  const answers = await Promise.all(
    Array.from({ length: 12 }, async () => text((await client.request({ url })).body)),
  )
  expect([answers.length, most]).toEqual([12, 3])
})

test('disposing ends what is under way', async () => {
  const url = await serve((_, response) => void response.write('begun'))
  const client = createEgress({ allowedCidrs: ['127.0.0.0/8'], allowedOrigins: [] })
  const { body } = await client.request({ url })
  const reading = failure(text(body))
  await client[Symbol.asyncDispose]()
  expect(await reading).toBeInstanceOf(EgressError)
})
