import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { call, onUnauthorized, urlOf } from './client.ts'
import { ApiError } from './error.ts'

const requests: { url: string; init: RequestInit; headers: Headers }[] = []
let answers: (Response | Error)[] = []

beforeEach(() => {
  requests.length = 0
  const stored = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name),
  })
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    requests.push({ url, init, headers: new Headers(init.headers) })
    const answer = answers.shift() ?? Response.json({})
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  })
})
afterEach(() => {
  answers = []
  vi.unstubAllGlobals()
})

const params = { workspaceId: 'w 1' }

test('a read fills the path, appends the query, and carries no key', async () => {
  answers = [Response.json({ data: [] })]
  const reply = await call('listModels', { params, query: { all: 'true' } })
  expect(reply.data).toEqual([])
  expect(requests[0]?.url).toBe('/api/v1/workspaces/w%201/models?all=true')
  expect(requests[0]?.headers.get('Idempotency-Key')).toBeNull()
})

test('a change carries its body as JSON and a key of its own, or the given one', async () => {
  const body = { email: 'a@example.com', password: 'x' }
  await call('signIn', { body })
  await call('signIn', { body }, { idempotencyKey: 'mine' })
  expect(requests[0]?.init.body).toBe(JSON.stringify(body))
  expect(requests[0]?.headers.get('Idempotency-Key')).toMatch(/^[0-9a-f-]{36}$/)
  expect(requests[1]?.headers.get('Idempotency-Key')).toBe('mine')
})

test('an answer without content is undefined', async () => {
  answers = [new Response(null, { status: 204 })]
  expect(await call('signOut')).toBeUndefined()
})

test('a refusal becomes an ApiError with code, request id and waiting time', async () => {
  const error = { code: 'RATE_LIMIT_EXCEEDED', message: 'Slow down', timestamp: '', requestId: 'r1' }
  answers = [Response.json({ error }, { status: 429, headers: { 'Retry-After': '7' } })]
  const refused = await call('bootstrap').catch((thrown: unknown) => thrown)
  expect(refused).toBeInstanceOf(ApiError)
  expect(refused).toMatchObject({
    code: error.code,
    requestId: 'r1',
    status: 429,
    retryAfterSeconds: 7,
  })
})

test('an answer in another form still says its status', async () => {
  answers = [new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'X-Request-Id': 'r2' } })]
  await expect(call('bootstrap')).rejects.toMatchObject({
    code: 'UNREADABLE_ANSWER',
    status: 502,
    requestId: 'r2',
  })
})

test('no answer at all is a temporary error; an abort stays an abort', async () => {
  answers = [new TypeError('Failed to fetch')]
  await expect(call('bootstrap')).rejects.toMatchObject({ code: 'NETWORK', status: 0, isTemporary: true })
  const stop = new AbortController()
  stop.abort()
  answers = [new DOMException('Aborted', 'AbortError')]
  await expect(call('bootstrap', {}, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
})

test('listeners hear that the session has ended, but not about a wrong password', async () => {
  const heard = vi.fn()
  const stop = onUnauthorized(heard)
  const refusal = () => Response.json({ error: { code: 'X', message: '' } }, { status: 401 })
  answers = [refusal(), refusal()]
  await call('getMe').catch(() => undefined)
  await call('signIn', { body: { email: '', password: '' } }).catch(() => undefined)
  expect(heard).toHaveBeenCalledOnce()
  stop()
})

const telling = (token: string) => Response.json({}, { headers: { 'X-Consistency-Token': token } })
const presented = () => requests.map(({ headers }) => headers.get('X-Consistency-Token'))

test('reads carry the latest consistency token that this browser got, in whatever order answers came', async () => {
  answers = [telling('aaaaaaaa02'), telling('aaaaaaaa03'), telling('aaaaaaaa01')]
  await call('bootstrap')
  await call('signOut')
  await call('getMe')
  await call('getMe')
  expect(presented()).toEqual([null, null, 'aaaaaaaa03', 'aaaaaaaa03'])
})

test('after a failover the tokens of the new primary count, although they are smaller', async () => {
  answers = [telling('bbbbbbbb09'), telling('aaaaaaaa01')]
  await call('bootstrap')
  await call('getMe')
  await call('getMe')
  expect(presented()).toEqual([null, 'bbbbbbbb09', 'aaaaaaaa01'])
})

test('a token that the server no longer knows is dropped, and the read repeated without it', async () => {
  const error = { code: 'INVALID_CONSISTENCY_TOKEN', message: '', timestamp: '', requestId: 'r1' }
  answers = [telling('aaaaaaaa01'), Response.json({ error }, { status: 400 }), Response.json({ id: 'me' })]
  await call('bootstrap')
  expect(await call('getMe')).toEqual({ id: 'me' })
  expect(presented()).toEqual([null, 'aaaaaaaa01', null])
})

test('an address can be had without a call', () => {
  expect(urlOf('exportAll', { params: { workspaceId: 'w' } })).toBe('/api/v1/workspaces/w/export')
})
