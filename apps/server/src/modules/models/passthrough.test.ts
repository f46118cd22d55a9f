import { setTimeout as sleep } from 'node:timers/promises'
import type { DialectName } from '@atrium/wire'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startOddProvider } from './testing/odd-provider.ts'
import { canary, openStage, type Stage } from './testing/stage.ts'

let stage: Stage
let serial = 0

beforeAll(async () => {
  stage = await openStage()
})

beforeEach(() => stage.provider.reset())

afterAll(() => stage[Symbol.asyncDispose]())

const slugs = new Map<DialectName, string>([
  ['anthropic-messages', 'anthropic'],
  ['openai-chat', 'openai'],
  ['openai-responses', 'openai-responses'],
  ['gemini', 'google'],
  ['ollama', 'ollama'],
])

/** A request as an SDK of the dialect sends it, with a number in an odd spelling, and a member that nobody knows where providers let one pass. */
function bodyOf(dialect: DialectName, text: string, stream: boolean): string {
  const said = JSON.stringify(text)
  const messages = `"messages":[{"role":"user","content":${said}}]`
  const ending = `"x_unknown":{"kept":1.0e0}`
  switch (dialect) {
    case 'anthropic-messages':
      return `{"model":"alias","max_tokens":200,"stream":${stream},${messages},"temperature":1.0e0}`
    case 'openai-chat':
    case 'ollama':
      return `{"model":"alias","stream":${stream},${messages},${ending}}`
    case 'openai-responses':
      return `{"model":"alias","stream":${stream},"input":${said},${ending}}`
    case 'gemini':
      return `{"contents":[{"role":"user","parts":[{"text":${said}}]}],"generationConfig":{"temperature":1.0e0}}`
  }
}

const dialectsAndForms = [...slugs.keys()].flatMap((dialect) =>
  [true, false].map((stream) => [dialect, stream] as const),
)

describe.each(dialectsAndForms)(
  'a call in %s, streamed: %s, to a provider of the same dialect',
  (dialect, stream) => {
    const model = `${slugs.get(dialect)}/fake-1`
    const bodyText = (text: string): string => bodyOf(dialect, text, stream)

    it('reaches it as it was written, and the answer comes back untouched, metered and recorded', async () => {
      const { result, start, parts, bytes } = await stage.pass(model, {
        dialect,
        stream,
        bodyText: bodyText('[[fake text="Good day" input=90]]'),
      })
      expect(result).toMatchObject({
        status: 'finished',
        passthrough: true,
        terminalSent: true,
        usage: { input: { uncached: 90 }, estimated: false },
        finishReason: { unified: 'stop' },
      })
      expect(start).toMatchObject({ passthrough: true, deployment: model, fidelity: [] })
      expect(parts).toEqual([])
      expect(bytes.replaceAll(/[^a-zA-Z]/g, '')).toMatch(/Good.*day/)
      expect(JSON.stringify(stage.provider.calls.at(-1)?.body)).toMatch(
        /"x_unknown":{"kept":1}|"temperature":1/,
      )
      expect(await poll(result.callId)).toMatchObject([{ passthrough: true, dialect, purpose: 'gateway' }])
    })

    it('fails with the error as the dialect spells it, and tells the client nothing before', async () => {
      const { result, start, bytes } = await stage.pass(model, {
        dialect,
        stream,
        bodyText: bodyText('[[fake fault=status:429:7]]'),
      })
      expect(start).toBeUndefined()
      expect(bytes).toBe('')
      expect(result).toMatchObject({
        status: 'failed',
        terminalSent: false,
        failure: { type: 'rate-limit', status: 429, retryAfterMs: 7000 },
        costNanoUsd: 0n,
      })
    })

    it('ends with a typed error when the provider breaks off', async () => {
      const { result } = await stage.pass(model, {
        dialect,
        stream,
        bodyText: bodyText('[[fake tokens=30 fault=cut-after:20]]'),
      })
      expect(result).toMatchObject({ status: 'failed', terminalSent: false })
      expect(result.failure?.type).toMatch(/stream-truncated|connection|invalid-response/)
      expect(await poll(result.callId)).toHaveLength(1)
    })
  },
)

/** Rows of a gateway's calls are written after the answer. */
async function poll(callId: string): Promise<Record<string, unknown>[]> {
  await expect.poll(async () => (await stage.rowsOf(callId)).length).toBe(1)
  return stage.rowsOf(callId)
}

const chunk = (delta: object, more = ''): string =>
  `data: {"id":"c1","object":"chat.completion.chunk","model":"m",  "choices":[{"index":0,"delta":${JSON.stringify(delta)},"finish_reason":null}]${more}}\n\n`

describe('bytes', () => {
  it('are those of the provider, whatever their spelling, their split and what surrounds them', async () => {
    const sent = `: comment\r\n\r\n${chunk({ role: 'assistant' })}${chunk({ content: 'Grüße 世界' })}${chunk({ content: '🙂' }, ', "odd": 1.0e0')}data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: {"id":"c1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":3}}\n\ndata: [DONE]\n\n`
    const whole = Buffer.from(sent)
    await using odd = await startOddProvider(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
      for (let place = 0; place < whole.length; place += 7) {
        response.write(whole.subarray(place, place + 7))
        if (place % 70 === 0) await sleep(1)
      }
      response.end()
    })
    await stage.connect('bytes', 'openai', `${odd.url}/v1`, ['m'])
    const bodyText =
      '{"model":"alias","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"x"}]}'
    const { bytes, start, result } = await stage.pass('bytes/m', {
      dialect: 'openai-chat',
      stream: true,
      includeUsage: true,
      bodyText,
    })
    expect(bytes).toBe(sent)
    expect(start?.contentType).toBe('text/event-stream; charset=utf-8')
    expect(result.usage).toMatchObject({ input: { uncached: 5 }, output: { text: 3 } })
  })

  it('tell the usage to a client only when it has asked for it, and to the ledger always', async () => {
    const { bytes, result } = await stage.pass('openai/fake-1', {
      dialect: 'openai-chat',
      stream: true,
      bodyText: bodyOf('openai-chat', '[[fake text=hi input=40]]', true),
    })
    expect(result.usage).toMatchObject({ input: { uncached: 40 }, estimated: false })
    expect(bytes).not.toContain('"usage":{')
    expect(bytes).toContain('[DONE]')
  })

  it('are read no faster than their client takes them', async () => {
    let written = 0
    await using fast = await startOddProvider((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const event = chunk({ content: 'x'.repeat(60_000) })
      const pour = (): void => {
        while (written < 400_000_000 && !response.destroyed) {
          written += event.length
          if (!response.write(event)) return void response.once('drain', pour)
        }
        response.end('data: [DONE]\n\n')
      }
      pour()
    })
    await stage.connect('fast', 'openai', `${fast.url}/v1`, ['m'])
    const controller = new AbortController()
    let taken = 0
    const running = stage.models.stream(
      {
        workspaceId: stage.owner.workspaceId,
        personId: stage.owner.id,
        purpose: 'gateway',
        model: 'fast/m',
        signal: controller.signal,
        request: { stream: true, messages: [] },
        raw: {
          dialect: 'openai-chat',
          stream: true,
          includeUsage: false,
          headers: {},
          bodyText: '{"model":"m","stream":true,"messages":[]}',
        },
      },
      {
        onParts: () => undefined,
        onBytes: (bytes) => {
          taken += bytes.byteLength
          return sleep(50)
        },
      },
    )
    await sleep(1000)
    controller.abort()
    const result = await running
    expect(result.status).toBe('aborted')
    expect(taken).toBeLessThan(4_000_000)
    expect(written).toBeLessThan(80_000_000)
  })
})

describe('headers', () => {
  it('that change what the provider does go on; credentials, cookies and our own stay', async () => {
    await stage.pass('anthropic/fake-1', {
      dialect: 'anthropic-messages',
      stream: true,
      bodyText: bodyOf('anthropic-messages', 'hello', true),
      headers: {
        'anthropic-beta': 'output-128k-2025-02-19',
        'anthropic-version': '2023-06-01',
        'x-api-key': 'atr_client_key',
        authorization: 'Bearer atr_client_key',
        cookie: 'session=1',
        'x-atrium-strict': 'true',
        'x-forwarded-for': '10.0.0.1',
        'transfer-encoding': 'chunked',
        host: 'evil.example',
      },
    })
    const seen = stage.provider.calls.at(-1)?.headers ?? {}
    expect(seen).toMatchObject({ 'anthropic-beta': 'output-128k-2025-02-19', 'x-api-key': canary })
    expect(JSON.stringify(seen)).not.toMatch(/atr_client_key|session=1|10\.0\.0\.1|evil|x-atrium/)
  })
})

describe('a translated call', () => {
  it('gives parts and says what was lost', async () => {
    const { result, start, parts, bytes } = await stage.pass('anthropic/fake-1', {
      dialect: 'openai-chat',
      stream: true,
      bodyText:
        '{"model":"x","stream":true,"seed":4,"messages":[{"role":"user","content":"[[fake text=hello]]"}]}',
    })
    expect(result).toMatchObject({ status: 'finished', passthrough: false })
    expect(bytes).toBe('')
    expect(parts.some((part) => part.type === 'text-delta')).toBe(true)
    expect(start?.fidelity).toContainEqual(expect.objectContaining({ feature: 'seed', action: 'dropped' }))
  })

  it('is refused before anybody is called when it is strict and would lose something', async () => {
    const before = stage.provider.stats().total
    const { result, start } = await stage.pass(
      'anthropic/fake-1',
      {
        dialect: 'openai-chat',
        stream: true,
        bodyText: '{"model":"x","stream":true,"seed":4,"messages":[{"role":"user","content":"hello"}]}',
      },
      { strict: true },
    )
    expect(start).toBeUndefined()
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'FIDELITY_LOSS', message: expect.stringContaining('seed') },
      costNanoUsd: 0n,
    })
    expect(stage.provider.stats().total).toBe(before)
  })

  it('is let through when it is strict and loses nothing', async () => {
    const { result } = await stage.pass(
      'openai/fake-1',
      { dialect: 'openai-chat', stream: true, bodyText: bodyOf('openai-chat', `n ${(serial += 1)}`, true) },
      { strict: true },
    )
    expect(result.status).toBe('finished')
  })
})

describe('a request that is only passed on', () => {
  it('reaches a deployment of a dialect that has the endpoint, and tells its usage', async () => {
    const reply = await stage.models.forward({
      workspaceId: stage.owner.workspaceId,
      personId: stage.owner.id,
      purpose: 'gateway',
      model: 'openai/fake-1',
      dialects: ['openai-chat', 'openai-responses'],
      method: 'POST',
      path: '/embeddings',
      headers: { 'content-type': 'application/json', authorization: 'Bearer client' },
      body: Buffer.from('{"model":"alias","input":"hello there"}'),
      signal: new AbortController().signal,
    })
    expect(reply.status).toBe(200)
    const text = Buffer.concat(await Array.fromAsync(reply.body)).toString('utf8')
    expect(JSON.parse(text)).toMatchObject({ object: 'list' })
    const result = await reply.done
    expect(result).toMatchObject({ status: 'finished', passthrough: true })
    expect(result.usage.input.uncached).toBeGreaterThan(0)
    expect(await poll(result.callId)).toHaveLength(1)
    expect(stage.provider.calls.at(-1)).toMatchObject({ path: '/v1/embeddings', body: { model: 'fake-1' } })
  })

  it('fails in words when no deployment has it', async () => {
    const reply = await stage.models.forward({
      workspaceId: stage.owner.workspaceId,
      personId: stage.owner.id,
      purpose: 'gateway',
      model: 'anthropic/fake-1',
      dialects: ['openai-chat'],
      method: 'POST',
      path: '/embeddings',
      headers: {},
      body: Buffer.from('{}'),
      signal: new AbortController().signal,
    })
    expect(reply.status).toBe(0)
    expect((await reply.done).error?.code).toBe('ENDPOINT_NOT_SUPPORTED')
  })
})
