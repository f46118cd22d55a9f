import { once } from 'node:events'
import { connect as openSocket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, keptOf, startOwnProvider, withJson, type OwnProvider } from './testing/own-provider.ts'
import { openStage, type Stage } from './testing/stage.ts'

let stage: Stage
let provider: OwnProvider
const lines: string[] = []
const scope = new AsyncDisposableStack()

const messages = [{ role: 'user', content: 'Say something.' }]
const completion = {
  id: 'c',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'word '.repeat(80) }, finish_reason: 'stop' }],
}
const usage = { prompt_tokens: 5, completion_tokens: 1 }

beforeAll(async () => {
  stage = scope.use(await openStage({ onLog: (line) => lines.push(line) }))
  provider = await startOwnProvider(scope)
  const apiKey = 'sk-own-0123456789'
  await connect(stage, { slug: 'own', kind: 'openai', baseUrl: `${provider.url}/v1`, apiKey })
  await connect(stage, { slug: 'claude', kind: 'anthropic', baseUrl: provider.url, apiKey })
  provider.answer = withJson({ ...completion, usage })
})
afterAll(() => scope.disposeAsync())

const chat = (more: object | string): Promise<Response> => {
  const ask = JSON.stringify({ model: 'own/m', messages })
  return stage.post(
    '/v1/chat/completions',
    typeof more === 'string' ? `${ask.slice(0, -1)},${more}}` : { model: 'own/m', messages, ...more },
  )
}

/** So many members with names of their own. */
const members = (count: number): string =>
  Array.from({ length: count }, (_, place) => `"k${place}":1`).join(',')

describe('a body', () => {
  it.each([
    ['one object of very many members', members(490_000)],
    ['one object of many members', members(4100)],
    [
      'many objects of many members',
      `"x":[${Array.from({ length: 30 }, () => `{${members(3900)}}`).join()}]`,
    ],
    ['deep nesting', `"x":${'['.repeat(200)}${']'.repeat(200)}`],
    ['a member that a merge might obey', '"x":{"__proto__":{"a":1}}'],
    ['the same in other letters', '"x":{"\\u005f_pr\\u006fto__":{"a":1}}'],
  ])('with %s is refused', async (_, more) => {
    const before = provider.received.length
    const reply = await chat(more)
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({ error: { type: 'invalid_request_error' } })
    expect(provider.received.length).toBe(before)
  })

  it('that only speaks of such things is taken', async () => {
    const content = `${'{"__proto__": {"a": "\\" , [[['.repeat(200)} ${'"'.repeat(50)}`
    expect((await chat({ messages: [{ role: 'user', content }] })).status).toBe(200)
  })

  it('never takes the process for long, however full', async () => {
    const fullest = [
      `"x":[${Array.from({ length: 24 }, () => `{${members(3900)}}`).join()}]`,
      members(3900),
      `"x":[${'1,'.repeat(499_000)}1]`,
      `"x":"${'\\"'.repeat(2_000_000)}"`,
    ]
    for (const more of fullest) {
      const before = process.cpuUsage()
      await chat(more)
      const { user, system } = process.cpuUsage(before)
      // Sending the body and receiving it as the provider are in it too, and others use the machine.
      expect((user + system) / 1000).toBeLessThan(400)
    }
  })
})

describe('a call that loses very much in translation', () => {
  it('says of it what fits', async () => {
    provider.answer = withJson({
      type: 'message',
      id: 'm',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'a' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 5, output_tokens: 1 },
    })
    const ask = `{"model":"claude/m","messages":${JSON.stringify(messages)},${members(3000)}}`
    const reply = await stage.post('/v1/chat/completions', ask)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('x-atrium-fidelity')).toContain('more=dropped')
    const id = reply.headers.get('x-atrium-call')
    await keptOf(stage, id)
    const { rows } = await stage.database.query<{ notes: { feature: string }[] }>(
      `SELECT why -> 'fidelity' AS notes FROM models.calls WHERE id = $1`,
      [id],
    )
    expect(rows[0]?.notes.length).toBeLessThanOrEqual(52)
    expect(rows[0]?.notes.at(-1)?.feature).toBe('more')
    const strict = await stage.post('/v1/chat/completions', ask, { 'x-atrium-strict': 'true' })
    expect(strict.status).toBe(400)
    expect((await strict.text()).length).toBeLessThan(5000)
  })
})

describe('the name of a model with a control character', () => {
  const name = 'own/m\0'
  const contents = [{ parts: [{ text: 'a' }] }]
  it.each([
    ['/v1/chat/completions', { model: name, messages }],
    ['/v1/responses', { model: name, input: 'a' }],
    ['/v1/messages', { model: name, messages, max_tokens: 5 }],
    ['/v1/messages/count_tokens', { model: name, messages }],
    ['/v1/embeddings', { model: name, input: 'a' }],
    ['/v1/audio/speech', { model: name, input: 'a', voice: 'a' }],
    ['/v1/images/generations', { model: name, prompt: 'a' }],
    ['/v1beta/models/own%2Fm%00:generateContent', { contents }],
    ['/v1beta/models/own%2Fm%00:countTokens', { contents }],
    ['/v1beta/models/own%2Fm%00:embedContent', { content: contents[0] }],
    ['/api/chat', { model: name, messages }],
  ])('is refused at %s', async (path, body) => {
    expect((await stage.post(path, body)).status).toBe(400)
  })

  it('is refused in a form, and not found in a list', async () => {
    const form = new FormData()
    form.set('model', name)
    form.set('file', new Blob(['a']), 'a.mp3')
    const reply = await fetch(new URL('/v1/audio/transcriptions', stage.server.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.key}` },
      body: form,
    })
    expect(reply.status).toBe(400)
    expect((await stage.get('/v1/models/own%2Fm%00')).status).toBe(404)
  })
})

describe('the log', () => {
  const troubles = (): string[] =>
    lines.filter((line) => /"level":"(?:warn|error|fatal)"/.test(line) || line.includes('"stack"'))

  it('has no errors for what clients do wrong', async () => {
    lines.length = 0
    // The provider takes it and does not say what it used, so that the request is read for an estimate.
    provider.answer = withJson(completion)
    const reply = await chat({ seed: 'seven' })
    expect(reply.status).toBe(200)
    const kept = await keptOf(stage, reply.headers.get('x-atrium-call'))
    expect(kept).toMatchObject({ estimated: true, output: '100' })
    expect(Number(kept.input)).toBeGreaterThan(10)
    const ask = { model: 'claude/m', messages }
    expect((await stage.post('/v1/chat/completions', { ...ask, seed: 'seven' })).status).toBe(400)
    expect((await stage.post('/v1/chat/completions', { ...ask, max_tokens: 'many' })).status).toBe(400)
    expect((await stage.post('/v1/chat/completions', { ...ask, max_tokens: 1.5 })).status).toBe(400)
    expect(troubles()).toEqual([])
  })

  it('has no errors for clients that hang up', async () => {
    lines.length = 0
    const { hostname, port } = new URL(stage.server.url)
    const socket = openSocket(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: Bearer ${stage.key}\r\n` +
        'content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"model":',
    )
    await sleep(200)
    socket.resetAndDestroy()
    await sleep(300)
    expect(troubles()).toEqual([])
  })
})
