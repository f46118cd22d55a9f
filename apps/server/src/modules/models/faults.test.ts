import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { canary, openStage, stageKinds, type Stage } from './testing/stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})

beforeEach(() => stage.provider.reset())

afterAll(() => stage[Symbol.asyncDispose]())

describe.each(stageKinds)('a call in the dialect of %s', (kind) => {
  it('streams the reply and measures it', async () => {
    const { result, text } = await stage.call(
      `${kind}/fake-1`,
      '[[fake text="Good day to you" input=90 cached=10]]',
    )
    expect(text).toBe('Good day to you')
    expect(result).toMatchObject({
      status: 'finished',
      error: null,
      finishReason: { unified: 'stop' },
      usage: {
        input: kind === 'ollama' ? { uncached: 100 } : { uncached: 90, cacheRead: 10 },
        output: { text: expect.any(Number) },
        estimated: false,
      },
    })
    expect(result.firstTokenMs).toBeLessThanOrEqual(result.totalMs)
    expect(await stage.rowsOf(result.callId)).toMatchObject([
      {
        model: `${kind}/fake-1`,
        upstream_model: 'fake-1',
        status: 'finished',
        purpose: 'chat',
        person_id: stage.owner.id,
        input_uncached: kind === 'ollama' ? '100' : '90',
      },
    ])
  })

  it('passes through any split of the bytes', async () => {
    const { text } = await stage.call(
      `${kind}/fake-1`,
      '[[fake text="Grüße, 世界 🙂 naïve" split=bytes seed=7]]',
    )
    expect(text).toBe('Grüße, 世界 🙂 naïve')
  })

  it.each([
    ['status:401', 'PROVIDER_AUTHENTICATION', false],
    ['status:403', 'PROVIDER_PERMISSION', false],
    ['status:404', 'PROVIDER_MODEL_NOT_FOUND', false],
    ['status:429:3', 'PROVIDER_RATE_LIMITED', true],
    ['status:503', 'PROVIDER_OVERLOADED', true],
    ['status:529', 'PROVIDER_OVERLOADED', true],
    ['status:500', 'PROVIDER_ERROR', true],
    ['status:400', 'PROVIDER_REFUSED_REQUEST', false],
    ['status:413', 'REQUEST_TOO_LARGE', false],
    ['cut-headers', 'PROVIDER_UNREACHABLE', true],
    ['stall-headers', 'PROVIDER_TIMEOUT', true],
    ['stall-first-token', 'PROVIDER_TIMEOUT', true],
    ['stall-after:3', 'PROVIDER_TIMEOUT', true],
    ['cut-after:5', 'PROVIDER_STREAM_CUT', true],
    ['end-after:5', 'PROVIDER_STREAM_CUT', true],
    ['html', 'PROVIDER_INVALID_RESPONSE', true],
    ['garbage:4', 'PROVIDER_INVALID_RESPONSE', true],
    ['empty', 'PROVIDER_STREAM_CUT', true],
  ])('gives %s as %s', async (fault, code, retryable) => {
    const { result, text } = await stage.call(
      `${kind}/fake-1`,
      `[[fake tokens=20 fault=${fault}]] once ${kind} ${fault}`,
    )
    expect(result).toMatchObject({ status: 'failed', finishReason: null, error: { code, retryable } })
    expect(result.error?.message).toContain(`The ${kind}`)
    // A request that has reached the provider is never sent again.
    expect(stage.provider.stats().total).toBe(1)
    const rows = await stage.rowsOf(result.callId)
    expect(rows).toMatchObject([{ status: 'failed', error_code: code }])
    expect(JSON.stringify([rows, result.error])).not.toContain(canary)
    if (/after/.test(fault)) {
      expect(text).toMatch(/^w0/)
      expect(result.usage).toMatchObject({ estimated: true })
      expect(result.usage.output.text).toBeGreaterThan(0)
    }
  })

  it('gives an error in the midst of an answer as the provider’s own, and keeps the text', async () => {
    const { result, text } = await stage.call(`${kind}/fake-1`, '[[fake tokens=20 fault=error-after:4]]')
    expect(result.status).toBe('failed')
    expect(result.error?.code).toMatch(/^PROVIDER_(OVERLOADED|ERROR)$/)
    expect(text).toMatch(/^w0/)
  })

  it('takes a spend limit for what it is, not for a rate limit', async () => {
    const { result } = await stage.call(`${kind}/fake-1`, '[[fake fault=status:429-spend]]')
    // Ollama has no accounts; Gemini tells daily quotas and bursts apart only by the names of its metrics.
    if (kind !== 'ollama' && kind !== 'google')
      expect(result.error).toMatchObject({ code: 'PROVIDER_QUOTA_EXHAUSTED', retryable: false })
  })

  it('passes on how long the provider asks to wait', async () => {
    const { result } = await stage.call(`${kind}/fake-1`, '[[fake fault=status:429:7]]')
    expect(result.error).toMatchObject({
      retryAfterMs: 7000,
      status: 429,
      message: expect.stringContaining('in 7 s'),
    })
  })

  it('estimates the usage, and says so, when the provider does not report it', async () => {
    const { result } = await stage.call(`${kind}/fake-1`, '[[fake tokens=40 fault=no-usage]]')
    expect(result).toMatchObject({ status: 'finished', usage: { estimated: true } })
    expect(result.usage.output.text).toBeGreaterThan(10)
    expect(result.usage.input.uncached).toBeGreaterThan(5)
  })

  it('closes the upstream socket when it is aborted, and keeps what was seen', async () => {
    const controller = new AbortController()
    const abort = sleep(200).then(() => controller.abort(new Error('stopped')))
    const { result, text } = await stage.call(`${kind}/fake-1`, '[[fake tokens=200 rate=50]]', {
      signal: controller.signal,
    })
    await abort
    expect(result).toMatchObject({ status: 'aborted', error: null, usage: { estimated: true } })
    expect(text).toMatch(/^w0/)
    await expect.poll(() => stage.provider.stats().live).toBe(0)
    expect(stage.provider.stats().aborted).toBe(1)
    expect(await stage.rowsOf(result.callId)).toMatchObject([{ status: 'aborted', estimated: true }])
  })
})

describe('a slow provider', () => {
  it('may be silent between headers and first token longer than between tokens', async () => {
    const { result } = await stage.call('openai/fake-1', '[[fake tokens=3 ttft=500]]')
    expect(result.status).toBe('finished')
  })

  it('may take longer than the silence allowed when it keeps sending', async () => {
    const { result } = await stage.call('openai/fake-1', '[[fake tokens=9 rate=10]]')
    expect(result.status).toBe('finished')
  })

  it('is ended when the whole answer takes too long', async () => {
    const { result } = await stage.call('openai/fake-1', '[[fake tokens=500 rate=20]]')
    expect(result.error).toMatchObject({
      code: 'PROVIDER_TIMEOUT',
      message: expect.stringContaining('longer than'),
    })
    await expect.poll(() => stage.provider.stats().live).toBe(0)
  })

  it('does not keep the clock running by pings alone before the first token', async () => {
    const { result } = await stage.call('anthropic/fake-1', '[[fake tokens=5 ttft=900]]')
    expect(result.error?.code).toBe('PROVIDER_TIMEOUT')
  })
})
