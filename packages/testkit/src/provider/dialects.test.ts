import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { records } from './json.ts'
import { startFakeProvider, type FakeProvider } from './server.ts'
import { dialects, hear, jsonOf, requestOf, send } from './test-client.ts'
import { fakeText, wordAt } from './tokens.ts'

let provider: FakeProvider
beforeAll(async () => {
  provider = await startFakeProvider()
})
afterAll(async () => provider[Symbol.asyncDispose]())

const script = '[[fake tokens=40 reasoning=6 tools=2 input=100 cached=20]]'
const stops = {
  'anthropic-messages': ['tool_use', 'max_tokens'],
  'openai-chat': ['tool_calls', 'length'],
  'openai-responses': ['completed', 'incomplete'],
  gemini: ['STOP', 'MAX_TOKENS'],
  ollama: ['stop', 'length'],
}
const limits = {
  'anthropic-messages': { max_tokens: 16 },
  'openai-chat': { max_completion_tokens: 16 },
  'openai-responses': { max_output_tokens: 16 },
  gemini: { generationConfig: { maxOutputTokens: 16 } },
  ollama: { options: { num_predict: 16 } },
}

describe.each(dialects)('%s', (dialect) => {
  it.each([true, false])('answers with reasoning, text, calls and usage (stream: %s)', async (stream) => {
    const heard = await hear(provider.url, { dialect, stream, text: script })
    const thought = Array.from({ length: 6 }, (_, i) => wordAt(i, 1, 't')).join('')
    const call = { name: 'weather', args: '{"city":"w0"}' }
    // Two calls of `{"city":"w0"}` are two fragments each; Anthropic leaves cached tokens out of its input.
    const input = dialect === 'anthropic-messages' ? 100 : 120
    expect(heard).toEqual({
      text: fakeText(40),
      reasoning: thought,
      calls: [call, call],
      stop: stops[dialect][0],
      usage: { input, output: 50 },
      finished: true,
      error: '',
    })
  })

  it.each([true, false])('stops at the token limit (stream: %s)', async (stream) => {
    const heard = await hear(provider.url, { dialect, stream, text: 'hi', body: limits[dialect] })
    expect(heard).toMatchObject({ text: fakeText(16), stop: stops[dialect][1], usage: { output: 16 } })
  })

  it('refuses an unknown model with 404 and a bad key in its own shape', async () => {
    const unknown = await send(provider.url, { dialect, model: 'gpt-none' })
    expect(unknown.status).toBe(404)
    const bad = await send(provider.url, { dialect, key: 'sk-invalid' })
    expect(bad.status).toBe(dialect === 'gemini' ? 400 : 401)
    expect({ unknown: await unknown.json(), bad: await bad.json() }).toMatchSnapshot()
  })

  it('refuses a call without a key, local servers aside', async () => {
    const { path, body } = requestOf({ dialect })
    const response = await fetch(provider.url + path, { method: 'POST', body: JSON.stringify(body) })
    await response.text()
    const expected = { 'anthropic-messages': 401, gemini: 403, ollama: 200 }[dialect as string] ?? 401
    expect(response.status).toBe(expected)
  })

  it('echoes what arrived', async () => {
    const heard = await hear(provider.url, { dialect, text: 'count me', model: 'fake-echo' })
    expect(JSON.parse(heard.text)).toMatchObject({
      model: 'fake-echo',
      messages: 1,
      roles: 'u',
      tools: ['weather'],
      lastUserText: 'count me',
    })
  })

  it('cuts bytes inside characters and events without losing any', async () => {
    for (const split of ['utf8', 'events', 'bytes']) {
      const heard = await hear(provider.url, { dialect, text: `[[fake tokens=60 split=${split} seed=3]]` })
      expect(heard).toMatchObject({ text: fakeText(60, 3), finished: true })
    }
  })
})

describe('special forms', () => {
  it('streams a JSON array from Gemini without alt=sse', async () => {
    const { headers, body } = requestOf({ dialect: 'gemini', text: '[[fake tokens=5 fault=ping]]' })
    const path = '/v1beta/models/fake-1:streamGenerateContent'
    const response = await fetch(provider.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(await response.json()).toHaveLength(6)
  })

  it('leaves usage out of an OpenAI stream unless it is asked for', async () => {
    const heard = await hear(provider.url, { dialect: 'openai-chat', body: { stream_options: undefined } })
    expect(heard).toMatchObject({ finished: true, usage: undefined })
  })

  it('numbers Responses events without gaps', async () => {
    const response = await send(provider.url, { dialect: 'openai-responses', text: script })
    const numbers = Array.from((await response.text()).matchAll(/"sequence_number":(\d+)/g), (m) =>
      Number(m[1]),
    )
    expect(numbers).toEqual(numbers.map((_, index) => index))
  })

  it.each([
    ['/v1/models', { authorization: 'Bearer sk' }, 'data'],
    ['/v1/models', { 'x-api-key': 'sk', 'anthropic-version': '2023-06-01' }, 'data'],
    ['/v1beta/models?key=k', {}, 'models'],
    ['/api/tags', {}, 'models'],
  ])('lists models at %s', async (path, headers, name) => {
    const list = await jsonOf(await fetch(provider.url + path, { headers }))
    expect(records(list[name]).length).toBeGreaterThan(3)
    expect(JSON.stringify(list)).toContain('fake-1')
  })

  it('tells its version, shows a model and counts tokens', async () => {
    expect(await (await fetch(`${provider.url}/api/version`)).json()).toEqual({ version: '0.13.0' })
    const body = JSON.stringify({ model: 'fake-1' })
    const shown = await fetch(`${provider.url}/api/show`, { method: 'POST', body })
    expect(await shown.json()).toMatchObject({ capabilities: ['completion', 'tools', 'thinking', 'vision'] })
    const { headers } = requestOf({ dialect: 'anthropic-messages' })
    const counted = await fetch(`${provider.url}/v1/messages/count_tokens`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'fake-1', messages: [{ role: 'user', content: '12345678' }] }),
    })
    expect(await counted.json()).toEqual({ input_tokens: 2 })
  })

  it('embeds alike what is alike', async () => {
    const body = JSON.stringify({ model: 'fake-embedding', input: ['red cat', 'red dog', 'blue sky'] })
    const headers = { authorization: 'Bearer sk' }
    const response = await fetch(`${provider.url}/v1/embeddings`, { method: 'POST', headers, body })
    const vectors = records((await jsonOf(response))['data']).map((item) =>
      [item['embedding']].flat().map(Number),
    )
    const dot = (a = 0, b = 0): number =>
      (vectors[a] ?? []).reduce((sum, value, i) => sum + value * (vectors[b]?.[i] ?? 0), 0)
    expect(dot(0, 0)).toBeCloseTo(1)
    expect(dot(0, 1)).toBeGreaterThan(dot(0, 2) + 0.2)
  })
})
