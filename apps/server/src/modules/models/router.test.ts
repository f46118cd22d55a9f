import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '@atrium/contract'
import { startTestServer } from '@atrium/testkit'
import { startFakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '#platform/log'
import { createMetrics } from '#platform/metrics'
import { createModels } from './service.ts'
import { freePort, startAnswering, startOddProvider } from './testing/odd-provider.ts'
import { canary, openStage, stageKinds, type Stage } from './testing/stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})

beforeEach(() => stage.provider.reset())

afterAll(() => stage[Symbol.asyncDispose]())

describe('a provider that cannot be reached', () => {
  it('is tried once more, since nothing was sent, and then reported', async () => {
    await stage.connect('closed', 'openai', 'http://127.0.0.1:9/v1', ['fake-1'])
    const { result } = await stage.call('closed/fake-1', 'hello')
    expect(result.error).toMatchObject({ code: 'PROVIDER_UNREACHABLE', retryable: true })
    expect(result.why.attempts).toMatchObject([{ sent: false }, { sent: false }])
    expect(result.usage).toMatchObject({ input: { uncached: 0 }, estimated: false })
    expect(result.costNanoUsd === null || result.costNanoUsd === 0n).toBe(true)
    expect(await stage.rowsOf(result.callId)).toHaveLength(1)
  })

  it('answers when it is back at the second try', async () => {
    const port = await freePort()
    await stage.connect('late', 'openai', `http://127.0.0.1:${port}/v1`, ['fake-1'])
    const answering = stage.call('late/fake-1', '[[fake text=hello]]')
    await sleep(60)
    await using late = await startFakeProvider({ port })
    const { result, text } = await answering
    expect(text).toBe('hello')
    expect(result.why.attempts).toMatchObject([{ outcome: 'PROVIDER_UNREACHABLE' }, { outcome: 'finished' }])
    expect(late.stats().total).toBe(1)
  })

  it('is not called at all when its address is private and not allowed', async () => {
    await using strict = await startTestServer()
    const person = await strict.owner()
    const { body } = await person.client.post<Connection>(`${person.base}/connections`, {
      name: 'Inside',
      slug: 'inside',
      kind: 'openai',
      baseUrl: `${stage.provider.url}/v1`,
      apiKey: canary,
    })
    expect(body.health).toMatchObject({ ok: false, stage: 'address' })
    await person.client.post(`${person.base}/connections/${body.id}/models`, { upstreamId: 'fake-1' })
    await using own = new AsyncDisposableStack()
    const metrics = createMetrics(silentLog(), false)
    const strictModels = createModels({ ...strict.running.platform, metrics, identity: {} as never }, own)
    const result = await strictModels.stream(
      {
        workspaceId: person.workspaceId,
        personId: person.id,
        purpose: 'chat',
        model: 'inside/fake-1',
        signal: new AbortController().signal,
        request: { stream: true, messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] },
      },
      () => undefined,
    )
    expect(result.error).toMatchObject({ code: 'PROVIDER_ADDRESS_REFUSED', retryable: false })
    expect(result.why.attempts).toHaveLength(1)
    expect(stage.provider.stats().total).toBe(0)
  })
})

describe('a hostile provider', () => {
  it('cannot fill the memory with one endless event', async () => {
    // On a busy machine so many bytes may take longer than the first token is awaited here.
    const codeOf = async () =>
      (await stage.call('openai/fake-1', '[[fake fault=huge-event:9000000]]')).result.error?.code
    await expect.poll(codeOf, { timeout: 10_000 }).toBe('PROVIDER_INVALID_RESPONSE')
  })

  it('cannot redirect a request with its key to somewhere else', async () => {
    await using elsewhere = await startFakeProvider()
    await using redirecting = await startOddProvider((_request, response) =>
      response.writeHead(307, { location: `${elsewhere.url}/v1/chat/completions` }).end(),
    )
    await stage.connect('redirecting', 'openai', `${redirecting.url}/v1`, ['fake-1'])
    const { result } = await stage.call('redirecting/fake-1', 'hello')
    expect(result.status).toBe('failed')
    expect(elsewhere.stats().total).toBe(0)
  })

  it('is quoted without the key', async () => {
    await using echoing = await startOddProvider(({ headers }, response) => {
      const body = { error: { message: `bad header ${headers.authorization}` } }
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    await stage.connect('echoing', 'openai', `${echoing.url}/v1`, ['fake-1'])
    const { result } = await stage.call('echoing/fake-1', 'hello')
    expect(result.error?.message).toContain('bad header')
    expect(JSON.stringify([result.error, await stage.rowsOf(result.callId)])).not.toContain(canary)
  })
})

describe('resolving a model', () => {
  it('fails in words, and is recorded, for one that is not there', async () => {
    for (const model of ['openai/nothing', 'nothing/fake-1', 'fake-1', '', '/']) {
      const { result } = await stage.call(model, 'hello')
      expect(result, model).toMatchObject({
        status: 'failed',
        error: { code: 'MODEL_NOT_FOUND', retryable: false },
      })
      expect(await stage.rowsOf(result.callId)).toHaveLength(1)
    }
    expect(stage.provider.stats().total).toBe(0)
  })

  it('notices at once that a model or its connection was switched off, in this or another process', async () => {
    const connection = await stage.connect('switch', 'openai', `${stage.provider.url}/v1`)
    const path = `${stage.owner.base}/connections/${connection.id}`
    const code = async () => (await stage.call('switch/fake-1', 'hello')).result.error?.code
    expect(await code()).toBeUndefined()
    await stage.owner.client.patch(`${stage.owner.base}/models`, { id: 'switch/fake-1', enabled: false })
    await expect.poll(code, { timeout: 1000 }).toBe('MODEL_DISABLED')
    await stage.owner.client.patch(`${stage.owner.base}/models`, { id: 'switch/fake-1', enabled: true })
    await stage.owner.client.patch(path, { enabled: false })
    await expect.poll(code, { timeout: 1000 }).toBe('CONNECTION_DISABLED')
    await stage.owner.client.delete(path)
    await expect.poll(code, { timeout: 1000 }).toBe('MODEL_NOT_FOUND')
  })

  it('costs no query while it is fresh', async () => {
    const { pool } = stage.server.running.platform.db
    await stage.models.resolve(stage.owner.workspaceId, 'openai/fake-1')
    let taken = 0
    const count = (): void => void (taken += 1)
    pool.on('acquire', count)
    for (let round = 0; round < 50; round += 1)
      await stage.models.resolve(stage.owner.workspaceId, 'openai/fake-1')
    pool.off('acquire', count)
    expect(taken).toBeLessThan(5)
  })

  it('never finds a model of another workspace', async () => {
    const { body } = await stage.owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Other' })
    const { result } = await stage.call('openai/fake-1', 'hello', { workspaceId: body.id })
    expect(result.error?.code).toBe('MODEL_NOT_FOUND')
  })
})

describe('the record of calls', () => {
  it('has exactly one row for each of many calls at once, whichever way they end', async () => {
    const texts = ['', '[[fake fault=cut-after:2]]', '[[fake fault=status:500]]', '[[fake fault=empty]]']
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, place) => {
        const controller = new AbortController()
        if (place % 5 === 0) setTimeout(() => controller.abort(), 5)
        return stage.call(
          `${stageKinds[place % stageKinds.length]}/fake-1`,
          `${texts[place % texts.length]} number ${place}`,
          { signal: controller.signal },
        )
      }),
    )
    const ids = outcomes.map(({ result }) => result.callId)
    const { rows } = await stage.database.query('SELECT id FROM models.calls WHERE id = ANY ($1)', [ids])
    expect(new Set(ids).size).toBe(60)
    expect(rows).toHaveLength(60)
  })

  it('has a row for a call that was aborted before it began', async () => {
    const { result } = await stage.call('openai/fake-1', 'hello', { signal: AbortSignal.abort() })
    expect(result.status).toBe('aborted')
    expect(await stage.rowsOf(result.callId)).toMatchObject([{ status: 'aborted' }])
    expect(stage.provider.stats().total).toBe(0)
  })

  it('keeps what providers say with characters that the database refuses', async () => {
    const answer =
      '{"id":"1","model":"m","choices":[{"message":{"content":"ok"},"finish_reason":"a\\u0000b"}],' +
      '"usage":{"prompt_tokens":1,"completion_tokens":1,"note":"\\u0000\\ud800"}}'
    await using rude = await startAnswering(200, answer)
    await stage.connect('rude', 'openai', `${rude.url}/v1`, ['m'])
    const { result, text } = await stage.call('rude/m', 'hello')
    expect(text).toBe('ok')
    expect(await stage.rowsOf(result.callId)).toHaveLength(1)
  })
})

describe('the cost of a call', () => {
  it('is computed from published prices and stored in nano-dollars', async () => {
    await using shop = await startFakeProvider({ models: ['gpt-4o', 'claude-sonnet-4-5'] })
    await stage.connect('shop', 'openai', `${shop.url}/v1`)
    await stage.connect('shop-a', 'anthropic', shop.url)
    const gpt = await stage.call('shop/gpt-4o', '[[fake tokens=100 input=1000 cached=200]]')
    expect(gpt.result.costNanoUsd).toBe(1000n * 2500n + 200n * 1250n + 100n * 10_000n)
    const claude = await stage.call(
      'shop-a/claude-sonnet-4-5',
      '[[fake tokens=100 input=1000 cached=200 cache-write=50]]',
    )
    expect(claude.result.costNanoUsd).toBe(1000n * 3000n + 200n * 300n + 50n * 3750n + 100n * 15_000n)
    expect(await stage.rowsOf(claude.result.callId)).toMatchObject([
      {
        cost_nano_usd: claude.result.costNanoUsd?.toString(),
        price_source: expect.stringContaining('genai-prices'),
      },
    ])
  })

  it('is null, not zero, when the price is unknown', async () => {
    const { result } = await stage.call('openai/fake-1', 'hello')
    expect(result.costNanoUsd).toBeNull()
    expect(await stage.rowsOf(result.callId)).toMatchObject([{ cost_nano_usd: null }])
  })
})

describe('the built-in guide', () => {
  it('answers through the same router, at no cost, with its sources', async () => {
    const { result, parts, text } = await stage.call('atrium/guide', 'How do I connect a model?')
    expect(text).toContain('Connect a provider')
    expect(parts.some((part) => part.type === 'source')).toBe(true)
    expect(result).toMatchObject({ status: 'finished', costNanoUsd: 0n, finishReason: { unified: 'stop' } })
    expect(await stage.rowsOf(result.callId)).toMatchObject([
      { model: 'atrium/guide', connection_id: null, cost_nano_usd: '0' },
    ])
  })

  it('stops when it is aborted', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 60)
    const { result } = await stage.call('atrium/guide', 'long answer of 9000 words', {
      signal: controller.signal,
    })
    expect(result.status).toBe('aborted')
    expect(result.totalMs).toBeLessThan(500)
    expect(await stage.rowsOf(result.callId)).toMatchObject([{ status: 'aborted', cost_nano_usd: '0' }])
  })
})
