import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import type { Model } from '@atrium/contract'
import { startFakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canary, createKey, openStage, valueAt, type Stage } from './testing/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

const model = 'openai/fake-1'
const chat = (text = 'hello', more: object = {}) => ({
  model,
  messages: [{ role: 'user', content: text }],
  ...more,
})
const anthropic = {
  model: 'anthropic/fake-1',
  max_tokens: 10,
  messages: [{ role: 'user', content: 'hello' }],
}
const callsMade = () => stage.provider.stats().total

async function send(
  path: string,
  init: RequestInit,
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const reply = await fetch(new URL(path, stage.server.url), init)
  const text = await reply.text()
  expect(text).not.toContain(canary)
  return { status: reply.status, body: text === '' ? null : JSON.parse(text), headers: reply.headers }
}

const json = { 'content-type': 'application/json' }
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  send(path, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) })

describe('a key is taken', () => {
  const gemini = { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] }
  const geminiPath = '/v1beta/models/google/fake-1:generateContent'

  it.each([
    [
      'as a bearer token',
      '/v1/chat/completions',
      chat(),
      (key: string) => ({ authorization: `Bearer ${key}` }),
    ],
    ['as x-api-key', '/v1/messages', anthropic, (key: string) => ({ 'x-api-key': key })],
    ['as x-goog-api-key', geminiPath, gemini, (key: string) => ({ 'x-goog-api-key': key })],
    [
      'twice, when it is the same',
      '/v1/messages',
      anthropic,
      (key: string) => ({ 'x-api-key': key, authorization: `Bearer ${key}` }),
    ],
  ])('%s', async (_, path, body, headers) => {
    expect((await post(path, body, headers(stage.key) as Record<string, string>)).status).toBe(200)
  })

  it('as ?key=', async () => {
    expect((await post(`${geminiPath}?key=${stage.key}`, gemini)).status).toBe(200)
  })

  it('from a browser session that names its workspace, but not from the page of another site', async () => {
    const { cookie } = stage.owner.client
    const headers = { cookie, 'x-atrium-workspace': stage.owner.workspaceId }
    expect((await post('/v1/chat/completions', chat(), headers)).status).toBe(200)
    expect((await post('/v1/chat/completions', chat(), { cookie })).status).toBe(400)
    const other = await post('/v1/chat/completions', chat(), { ...headers, origin: 'https://evil.example' })
    expect(other.status).toBe(403)
  })
})

describe('a request is refused', () => {
  it('with 400 when it shows two different credentials', async () => {
    const other = await createKey(stage.owner)
    const before = callsMade()
    const headers = { authorization: `Bearer ${stage.key}` }
    expect((await post('/v1/messages', anthropic, { ...headers, 'x-api-key': other })).status).toBe(400)
    expect((await post(`/v1/chat/completions?key=${other}`, chat(), headers)).status).toBe(400)
    expect(callsMade()).toBe(before)
  })

  it.each([
    ['OpenAI', '/v1/chat/completions', chat(), 'error.type', 'authentication_error'],
    ['OpenAI Responses', '/v1/responses', { model, input: 'x' }, 'error.code', 'invalid_credentials'],
    ['Anthropic', '/v1/messages', anthropic, 'error.type', 'authentication_error'],
    ['Gemini', '/v1beta/models/google/fake-1:generateContent', {}, 'error.status', 'UNAUTHENTICATED'],
  ])('with 401 in the words of %s without a key', async (_, path, body, at, word) => {
    const reply = await post(path, body)
    expect(reply.status).toBe(401)
    expect(valueAt(reply.body, at)).toBe(word)
  })

  it('with 401 for an unknown key and 403 for one that may not call', async () => {
    const weak = await createKey(stage.owner, { scopes: ['model:read'] })
    expect((await post('/v1/chat/completions', chat(), { authorization: 'Bearer atr_x' })).status).toBe(401)
    expect((await post('/v1/chat/completions', chat(), { authorization: `Bearer ${weak}` })).status).toBe(403)
    const viewer = await stage.server.invite(stage.owner, 'viewer')
    const bySession = await viewer.client.raw('/v1/models', {
      headers: { 'x-atrium-workspace': viewer.workspaceId },
    })
    expect(bySession.status).toBe(403)
    expect(await bySession.text()).toContain('Your role does not allow calling models.')
  })

  it.each([
    ['an unknown address', 'POST', '/v1/nothing', 404],
    ['another method', 'GET', '/v1/chat/completions', 405],
    ['an unknown address of Gemini', 'POST', '/v1beta/nothing', 404],
    ['an address of Ollama that is not served', 'POST', '/api/pull', 404],
  ])('for %s', async (_, method, path, status) => {
    const reply = await send(path, { method, headers: { authorization: `Bearer ${stage.key}` } })
    expect(reply.status).toBe(status)
    expect(reply.body).toHaveProperty('error')
    if (status === 405) expect(reply.headers.get('allow')).toBe('POST')
  })

  const many = (count: number) =>
    `{"model":"${model}","messages":[${'{"role":"user","content":"x"},'.repeat(count - 1)}{"role":"user","content":"x"}]}`
  it.each([
    ['that is no JSON', '{"model":', 400],
    ['that is a list', '[]', 400],
    ['that is empty', '', 400],
    [
      'nested 100,000 levels deep',
      `{"model":"${model}","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      400,
    ],
    ['of 10⁶ messages', many(1_000_000), 400],
    ['of 60,000 messages', many(60_000), 400],
    ['of 34 MB', `{"model":"${model}","x":"${'x'.repeat(34_000_000)}"}`, 413],
    ['without a model', '{"messages":[]}', 400],
    ['with max_tokens of 10⁹', JSON.stringify(chat('x', { max_tokens: 1e9 })), 400],
    ['that names its own upstream', JSON.stringify(chat('x', { base_url: 'https://evil.example' })), 400],
    ['that names an unknown model', JSON.stringify(chat('x', { model: 'openai/none' })), 404],
  ])('for a body %s', async (_, body, status) => {
    const before = callsMade()
    const reply = await send('/v1/chat/completions', {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${stage.key}` },
      body,
    })
    expect(reply.status).toBe(status)
    expect(typeof valueAt(reply.body, 'error.message')).toBe('string')
    expect(callsMade()).toBe(before)
  })

  it('with 415 for another type of body and 400 for a header that names an upstream', async () => {
    const authorization = `Bearer ${stage.key}`
    const type = await post('/v1/chat/completions', chat(), { authorization, 'content-type': 'text/plain' })
    expect(type.status).toBe(415)
    expect(
      (await post('/v1/chat/completions', chat(), { authorization, 'x-upstream-url': 'https://e.example' }))
        .status,
    ).toBe(400)
  })

  it.each(['x-atrium-metadata', 'x-atrium-hedge', 'x-atrium-strict'])(
    'with 400 for nonsense in %s',
    async (name) => {
      const reply = await post('/v1/chat/completions', chat(), {
        authorization: `Bearer ${stage.key}`,
        [name]: '{',
      })
      expect(reply.status).toBe(400)
    },
  )

  it('with 400 when a credential header comes twice, or lengths are smuggled', async () => {
    const line = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n`
    const twice = `${line}Authorization: Bearer ${stage.key}\r\nAuthorization: Bearer atr_other\r\nContent-Length: 2\r\n\r\n{}`
    expect(await rawStatus(twice)).toBe(400)
    const smuggled = `${line}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`
    expect(await rawStatus(smuggled)).toBe(400)
  })

  it('with 401 within five seconds after its key was revoked', async () => {
    const { body } = await stage.owner.client.post<{ id: string; secret: string }>(
      `${stage.owner.base}/api-keys`,
      {
        name: 'short',
        scopes: ['gateway:call'],
      },
    )
    const headers = { authorization: `Bearer ${body.secret}` }
    expect((await post('/v1/chat/completions', chat(), headers)).status).toBe(200)
    await stage.owner.client.delete(`${stage.owner.base}/api-keys/${body.id}`)
    await expect
      .poll(async () => (await post('/v1/chat/completions', chat(), headers)).status, { timeout: 5000 })
      .toBe(401)
  })
})

describe('models', () => {
  it('that a key may not call are refused with 403, and not listed', async () => {
    const key = await createKey(stage.owner, { models: ['anthropic/*'] })
    const headers = { authorization: `Bearer ${key}` }
    const reply = await post('/v1/chat/completions', chat(), headers)
    expect(reply.status).toBe(403)
    expect(valueAt(reply.body, 'error.code')).toBe('model_not_allowed')
    expect((await post('/v1/messages', anthropic, headers)).status).toBe(200)
    const list = JSON.stringify((await send('/v1/models', { headers })).body)
    expect(list).toContain('anthropic/fake-1')
    expect(list).not.toContain('openai/')
  })

  it('are listed in each form, and found by ids with slashes', async () => {
    const openai = await (await stage.get('/v1/models')).json()
    expect(valueAt(openai, 'object')).toBe('list')
    const anthropicList = await (
      await stage.get('/v1/models?limit=2', { 'anthropic-version': '2023-06-01' })
    ).json()
    expect(valueAt(anthropicList, 'data.0.type')).toBe('model')
    expect(valueAt(anthropicList, 'has_more')).toBe(true)
    const gemini = await (await stage.get('/v1beta/models?pageSize=1')).json()
    expect(valueAt(gemini, 'models.0.name')).toMatch(/^models\//)
    expect(typeof valueAt(gemini, 'nextPageToken')).toBe('string')
    const ollama = await (await stage.get('/api/tags')).json()
    expect(typeof valueAt(ollama, 'models.0.name')).toBe('string')
    const one = await stage.get(`/v1/models/${model}`)
    expect(valueAt(await one.json(), 'id')).toBe(model)
    expect((await stage.get('/v1/models/openai/none')).status).toBe(404)
    const shown = await stage.post('/api/show', { model })
    expect(valueAt(await shown.json(), 'capabilities.0')).toBe('completion')
  })
})

describe('translation', () => {
  it('reports what it lost in a header, and strict requests are refused for it before anybody is called', async () => {
    const body = chat('hello', { model: 'anthropic/fake-1', seed: 7, logit_bias: { 1: 2 } })
    const reply = await stage.post('/v1/chat/completions', body)
    expect(reply.headers.get('x-atrium-fidelity')).toMatch(/seed=dropped/)
    expect(reply.headers.get('x-atrium-fidelity')).toMatch(/logit_bias=dropped/)
    const before = callsMade()
    const strict = await stage.post('/v1/chat/completions', body, { 'x-atrium-strict': 'true' })
    expect(strict.status).toBe(400)
    expect(valueAt(await strict.json(), 'error.message')).toMatch(/seed|logit_bias/)
    expect(callsMade()).toBe(before)
  })

  it('does not happen within one dialect: unknown members arrive', async () => {
    const marker = randomUUID()
    const reply = await stage.post('/v1/chat/completions', chat('hello', { future_member: { marker } }), {
      'x-atrium-strict': 'true',
    })
    expect(reply.status).toBe(200)
    expect(reply.headers.get('x-atrium-fidelity')).toBeNull()
    expect(JSON.stringify(stage.provider.calls.at(-1)?.body)).toContain(marker)
  })
})

describe('tokens', () => {
  it('are counted by the provider of the dialect, and estimated with a mark for others', async () => {
    const { max_tokens: _, ...body } = anthropic
    const asked = await stage.post('/v1/messages/count_tokens', body)
    expect(typeof valueAt(await asked.json(), 'input_tokens')).toBe('number')
    expect(asked.headers.get('x-atrium-estimate')).toBeNull()
    const estimated = await stage.post('/v1/messages/count_tokens', { ...body, model })
    expect(valueAt(await estimated.json(), 'input_tokens')).toBeGreaterThan(0)
    expect(estimated.headers.get('x-atrium-estimate')).toBe('true')
  })
})

describe('limits of a key', () => {
  it('refuse with 429 in the words of the dialect, and say how much is left and when to come back', async () => {
    const key = await createKey(stage.owner, { limits: { rpm: 1, tpm: null, concurrency: null } })
    const headers = { 'x-api-key': key }
    const first = await post('/v1/messages', anthropic, headers)
    expect(first.status).toBe(200)
    expect([...first.headers.keys()].some((name) => name.startsWith('ratelimit'))).toBe(true)
    const before = callsMade()
    const second = await post('/v1/messages', anthropic, headers)
    expect(second.status).toBe(429)
    expect(valueAt(second.body, 'error.type')).toBe('rate_limit_error')
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(callsMade()).toBe(before)
  })
})

describe('embeddings', () => {
  it('are passed on with the name of the upstream model', async () => {
    const reply = await stage.post('/v1/embeddings', { model: 'openai/fake-1', input: 'hello' })
    expect(reply.status).toBe(200)
    expect(Array.isArray(valueAt(await reply.json(), 'data.0.embedding'))).toBe(true)
    expect(stage.provider.calls.at(-1)?.model).toBe('fake-1')
  })

  it('need no switch, and their models are listed for programs and never offered in the chat', async () => {
    const { client, base } = stage.owner
    await using shop = await startFakeProvider({ models: ['text-embedding-3-small'] })
    const connection = {
      name: 'Shop',
      slug: 'shop',
      kind: 'openai',
      baseUrl: `${shop.url}/v1`,
      apiKey: canary,
    }
    await client.post(`${base}/connections`, connection)
    const model = 'shop/text-embedding-3-small'
    expect((await stage.post('/v1/embeddings', { model, input: 'hello' })).status).toBe(200)
    expect(JSON.stringify(await (await stage.get('/v1/models')).json())).toContain(model)
    const { body } = await client.get<{ data: Model[] }>(`${base}/models`)
    expect(body.data.map(({ id }) => id)).not.toContain(model)
    await client.patch(`${base}/models`, { id: model, enabled: false })
    const refusal = async () => JSON.stringify(await (await stage.post('/v1/embeddings', { model })).json())
    await expect.poll(refusal).toContain('An owner or admin can switch it on in Console › Models.')
  })

  it('are refused for a model whose provider has none', async () => {
    expect((await stage.post('/v1/embeddings', { model: 'anthropic/fake-1', input: 'x' })).status).toBe(400)
  })
})

/** The status of a request that is written as raw bytes. */
function rawStatus(text: string): Promise<number> {
  const { hostname, port } = new URL(stage.server.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    socket.once('data', (chunk) => {
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(chunk.toString('latin1'))?.[1]))
      socket.destroy()
    })
    socket.on('error', reject)
  })
}
