import { connect } from 'node:net'
import { randomUUID } from 'node:crypto'
import {
  aliasRoutes,
  chatRoutes,
  identityRoutes,
  keyRoutes,
  ledgerRoutes,
  logRoutes,
  modelRoutes,
  otlpMetricRoutes,
  pathOf,
  priceRoutes,
  teamRoutes,
  telemetryRoutes,
  insightRoutes,
  traceRoutes,
  usageRoutes,
  type Route,
} from '@atrium/contract'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let server: TestServer
let owner: Person

beforeAll(async () => {
  server = await startTestServer({ requestTimeoutMs: 1500 })
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

interface ErrorReply {
  error: { code: string; message: string; timestamp: string; requestId: string }
}

async function send(path: string, init: RequestInit): Promise<{ status: number; body: ErrorReply }> {
  const response = await owner.client.raw(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...init,
  })
  const body = (await response.json()) as ErrorReply
  expect(body.error.code).toMatch(/^[A-Z][A-Z0-9_]*$/)
  expect(body.error.requestId).toBe(response.headers.get('x-request-id'))
  expect(Number.isNaN(Date.parse(body.error.timestamp))).toBe(false)
  return { status: response.status, body }
}

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`

describe('a body', () => {
  const create = () => `${owner.base}/conversations`
  it.each([
    ['that is no JSON', '{"title":', 400],
    ['that is empty', '', 400],
    ['that is of another type', '"text"', 400],
    ['with wrong types', '{"title":5}', 400],
    ['nested 100,000 levels deep', deep(100_000), 400],
    ['nested deep in a field', `{"title":${deep(100_000)}}`, 400],
    ['with a __proto__ key', '{"__proto__":{"isOperator":true}}', 400],
    ['with a constructor key', '{"constructor":{"prototype":{"x":1}}}', 400],
    ['with NUL', '{"title":"a\\u0000b"}', 400],
    ['with a lone surrogate', '{"title":"a\\ud800b"}', 400],
    ['of 10 MB', JSON.stringify({ title: 'x'.repeat(10_000_000) }), 413],
    ['with a title of several lines', '{"title":"a\\nb"}', 400],
    ['with an unknown style', `{"style":"${randomUUID()}"}`, 404],
  ])('%s is refused and changes nothing', async (_, body, status) => {
    const reply = await send(create(), { body })
    expect(reply.status).toBe(status)
    const list = await owner.client.get<{ data: unknown[] }>(create())
    expect(list.body.data).toEqual([])
  })

  it('that is not UTF-8 is refused with 400', async () => {
    expect(
      (await send(create(), { body: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]) })).status,
    ).toBe(400)
  })

  it('of an unknown content type is refused with 415', async () => {
    expect(
      (await send(create(), { headers: { 'content-type': 'application/xml' }, body: '<a/>' })).status,
    ).toBe(415)
  })

  it('with NUL is refused by name', async () => {
    const reply = await send(create(), { body: '{"title":"a\\u0000b"}' })
    expect(reply.body.error.message).toMatch(/title.*NUL/)
  })
})

describe('a body that is too large', () => {
  it('is answered 413 although it has not arrived in full', async () => {
    const sending = Array.from({ length: 20 }, () =>
      owner.client.raw('/api/v1/me', {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'a'.repeat(6_000_000) }),
      }),
    )
    const statuses = (await Promise.all(sending)).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([413]))
  })
})

describe('an address', () => {
  it('that does not exist answers 404, one that knows other methods 405 with Allow', async () => {
    const missing = await owner.client.get('/api/v1/nothing', { allowFailure: true })
    expect(missing.status).toBe(404)
    const wrong = await owner.client.raw(`${owner.base}/conversations`, { method: 'DELETE' })
    expect(wrong.status).toBe(405)
    expect(wrong.headers.get('allow')).toBe('GET, POST')
  })

  it.each(['x', '%00', '../../etc/passwd', "1' OR '1'='1", randomUUID().toUpperCase()])(
    'with the id %s answers 400 or 404',
    async (id) => {
      const reply = await owner.client.get(`${owner.base}/conversations/${encodeURIComponent(id)}`, {
        allowFailure: true,
      })
      expect([400, 404]).toContain(reply.status)
    },
  )

  it.each(['cursor=zzz', 'limit=0', 'limit=1e9', 'limit=abc', 'archived=perhaps', 'cursor=WzFd'])(
    'with the query %s answers 400',
    async (query) => {
      const reply = await owner.client.get(`${owner.base}/conversations?${query}`, { allowFailure: true })
      expect(reply.status).toBe(400)
    },
  )
})

describe('a forged place in a list', () => {
  const times = ['0000-01-01T00:00:00Z', `2026-01-01T00:00:00.${'1'.repeat(200)}Z`, '9999-12-31T23:59:59Z']
  const id = randomUUID()
  const places = (time: string) => [[time], [time, id], [time, id.replaceAll('-', '')], [time, '1']]
  const cursors = times.flatMap((time) => [...places(time), [true, time, id], [false, time, id]])
  const lists = Object.values<Route>({
    ...aliasRoutes,
    ...chatRoutes,
    ...identityRoutes,
    ...keyRoutes,
    ...ledgerRoutes,
    ...logRoutes,
    ...modelRoutes,
    ...otlpMetricRoutes,
    ...priceRoutes,
    ...teamRoutes,
    ...telemetryRoutes,
    ...insightRoutes,
    ...traceRoutes,
    ...usageRoutes,
  }).filter(({ query }) => query && 'cursor' in query.shape)

  it.each(lists.map((route) => [route.id, route] as const))(
    'is refused or leads nowhere, in %s',
    async (_, route) => {
      for (const cursor of cursors.map((values) =>
        Buffer.from(JSON.stringify(values)).toString('base64url'),
      )) {
        const traceId = id.replaceAll('-', '')
        const ids = { conversationId: id, messageId: id, teamId: id, traceId }
        const params = { workspaceId: owner.workspaceId, ...ids }
        const reply = await owner.client.get(pathOf(route, { params, query: { cursor } }), {
          allowFailure: true,
        })
        expect(reply.status).toBeLessThan(500)
      }
    },
  )

  it.each(['usage', 'usage/groups?by=model', 'usage/series?by=model'])(
    'is refused in the time of %s',
    async (path) => {
      for (const time of times.slice(0, 2)) {
        const to = `${path.includes('?') ? '&' : '?'}to=${time}`
        const reply = await owner.client.get(`${owner.base}/${path}${to}`, { allowFailure: true })
        expect(reply.status).toBe(400)
      }
    },
  )
})

describe('a deleted conversation', () => {
  it('answers 404 everywhere until it is restored', async () => {
    const chat = await startConversation(owner, 'atrium/guide')
    await chat.send('hello')
    await owner.client.delete(chat.path)
    expect((await owner.client.get(chat.path, { allowFailure: true })).status).toBe(404)
    await expect(chat.accept('again', { parentId: null })).rejects.toThrow('404')
    expect((await owner.client.delete(chat.path, { allowFailure: true })).status).toBe(404)
    const deleted = async () => {
      const path = `${owner.base}/conversations?deleted=true`
      return (await owner.client.get<{ data: { id: string }[] }>(path)).body.data.map(({ id }) => id)
    }
    expect(await deleted()).toContain(chat.id)
    await owner.client.post(`${chat.path}/restorations`)
    expect(await deleted()).not.toContain(chat.id)
    expect((await chat.open()).messages).toHaveLength(2)
    await owner.client.delete(chat.path)
  })
})

describe('headers', () => {
  it('for another host are refused with 421', async () => {
    expect(await rawStatus('GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n')).toBe(421)
  })

  it('that flood are refused with 431', async () => {
    const flood = Array.from({ length: 2000 }, (_, index) => `X-Flood-${index}: ${'x'.repeat(50)}`).join(
      '\r\n',
    )
    expect(await rawStatus(`GET /healthz HTTP/1.1\r\nHost: localhost\r\n${flood}\r\n\r\n`)).toBe(431)
  })

  it.each([
    ['two different hosts', 400, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'],
    ['the same host twice', 400, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n'],
    ['no host', 400, 'GET /healthz HTTP/1.1\r\n\r\n'],
    ['an unknown expectation', 417, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\n\r\n'],
    ['an address that cannot be decoded', 400, 'GET /% HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['an address of another host', 421, 'GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['an address in absolute form of no sense', 400, 'GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('with %s are refused with %i in the one shape', async (_, status, text) => {
    const answer = await rawAnswer(text)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    const { error } = JSON.parse(body) as ErrorReply
    expect(error.code).toMatch(/^[A-Z][A-Z0-9_]*$/)
    expect(error.code).not.toMatch(/^FST_/)
    expect(head.toLowerCase()).toContain(`x-request-id: ${error.requestId}`)
  })

  it('with an address in absolute form are answered as with a path', async () => {
    const { host } = new URL(server.url)
    expect(await rawStatus(`GET http://${host}/healthz HTTP/1.1\r\nHost: other\r\n\r\n`)).toBe(200)
    expect(await rawStatus(`GET http://${host}/v1/models HTTP/1.1\r\nHost: other\r\n\r\n`)).toBe(401)
  })

  it('that name two hosts do not reach the gateway either', async () => {
    const head = 'GET /v1/models HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'
    expect(await rawStatus(head)).toBe(400)
  })

  it('that are no HTTP are refused with 400', async () => {
    expect(await rawStatus('\u0001\u0002 nonsense\r\n\r\n')).toBe(400)
  })

  it.each(['a b', 'é', 'x'.repeat(256)])('with the Idempotency-Key %j are refused with 400', async (key) => {
    const reply = await owner.client
      .post(
        `${owner.base}/styles`,
        { name: 'x', instructions: 'x' },
        { headers: { 'idempotency-key': encodeURI(key) === key ? key : key }, allowFailure: true },
      )
      .catch(() => ({ status: 400 }))
    expect(reply.status).toBe(400)
  })

  it('of another site are refused with 403', async () => {
    const reply = await owner.client.post(
      `${owner.base}/styles`,
      { name: 'x', instructions: 'x' },
      { headers: { origin: 'https://evil.example' }, allowFailure: true },
    )
    expect(reply.status).toBe(403)
  })
})

describe('an answer of the API', () => {
  it('is kept by nobody on its way, compressed or not', async () => {
    for (const path of ['/api/v1/me', `${owner.base}/conversations`, `${owner.base}/models`]) {
      const response = await owner.client.raw(path)
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
    for (let count = 0; count < 8; count++) await owner.client.patch(owner.base, { name: `Name ${count}` })
    const squeezed = await owner.client.raw(`${owner.base}/audit`, { headers: { 'accept-encoding': 'gzip' } })
    await squeezed.arrayBuffer()
    expect(squeezed.headers.get('content-encoding')).toBe('gzip')
    expect(squeezed.headers.get('cache-control')).toBe('no-store')
  })
})

describe('a slow body', () => {
  it('is cut off with 408', async () => {
    const head = `POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"em`
    expect(await rawStatus(head)).toBe(408)
  }, 60_000)
})

/** All that answers a request which is written as raw bytes. */
function rawAnswer(text: string): Promise<string> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      const length = /content-length: (\d+)/i.exec(answer)?.[1]
      const body = answer.split('\r\n\r\n')[1]
      if (length !== undefined && body?.length === Number(length)) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

/** The status of a request that is written as raw bytes. */
function rawStatus(text: string): Promise<number> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]
      if (status) {
        resolve(Number(status))
        socket.destroy()
      }
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(answer)}`)))
  })
}
