import type { ConnectionHealth } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EgressError } from '#platform/egress'
import { probe } from './connections/probe.ts'
import { startAnswering } from './testing/odd-provider.ts'
import { canary } from './testing/stage.ts'

let provider: FakeProvider
let server: TestServer
let owner: Person

beforeAll(async () => {
  provider = await startFakeProvider({ keys: [canary] })
  server = await startTestServer({ environment: { ATRIUM_EGRESS_ALLOW: '127.0.0.1/32' } })
  owner = await server.owner()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const openai = () => ({
  name: 'Fake',
  kind: 'openai-compatible',
  baseUrl: `${provider.url}/v1`,
  apiKey: canary,
})

const testNew = async (body: object): Promise<ConnectionHealth> =>
  (await owner.client.post<ConnectionHealth>(`${owner.base}/connection-tests`, body)).body

describe('a test', () => {
  it('of a good connection gives latency and the number of models', async () => {
    const { name: _, ...rest } = openai()
    expect(await testNew(rest)).toMatchObject({
      ok: true,
      stage: 'none',
      modelCount: 10,
      latencyMs: expect.any(Number),
    })
  })

  it('names a private address that the operator has not allowed', async () => {
    await using strict = await startTestServer()
    const person = await strict.owner()
    for (const host of [
      '127.0.0.1',
      '169.254.169.254',
      '10.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      'localhost',
      '0x7f000001',
    ]) {
      const { body } = await person.client.post<ConnectionHealth>(`${person.base}/connection-tests`, {
        kind: 'openai-compatible',
        baseUrl: `http://${host}:11434/v1`,
        apiKey: canary,
      })
      expect(body, host).toMatchObject({
        ok: false,
        stage: 'address',
        message: expect.stringContaining('ATRIUM_EGRESS_ALLOW'),
      })
    }
    expect(provider.calls.some((call) => call.path.includes('11434'))).toBe(false)
  })

  it('names a host that nobody knows', async () => {
    expect(await testNew({ kind: 'openai', baseUrl: 'http://no-such-host.invalid/v1' })).toMatchObject({
      ok: false,
      stage: 'dns',
      message: expect.stringContaining('no-such-host.invalid'),
    })
  })

  it.each([
    ['dns', 'cannot look up api.anthropic.com'],
    ['connect', 'cannot open a connection to api.anthropic.com'],
  ] as const)(
    'blames the way, not the address, when a provider’s own is not reached (%s)',
    async (code, words) => {
      const { health } = await probe(
        {
          name: 'Anthropic',
          kind: 'anthropic',
          baseUrl: 'https://api.anthropic.com',
          key: null,
          provided: false,
        },
        {
          upstream: {
            request: () => Promise.reject(new EgressError(code, false)),
            open: () => Promise.reject(new EgressError(code, false)),
          },
          now: () => new Date(),
        },
      )
      expect(health).toMatchObject({ ok: false, stage: code, message: expect.stringContaining(words) })
      expect(health.message).toContain('access to the internet')
    },
  )

  it('names a port where nothing listens', async () => {
    expect(await testNew({ kind: 'openai', baseUrl: 'http://127.0.0.1:9/v1' })).toMatchObject({
      ok: false,
      stage: 'connect',
    })
  })

  it('names a TLS failure', async () => {
    const url = provider.url.replace('http:', 'https:')
    expect(await testNew({ kind: 'openai', baseUrl: `${url}/v1` })).toMatchObject({ ok: false, stage: 'tls' })
  })

  it.each([
    ['a wrong key', { apiKey: 'sk-wrong-key' }, 'authentication', 'does not accept this API key'],
    ['a missing key', { apiKey: undefined }, 'authentication', 'needs an API key'],
    ['a key that HTTP cannot carry', { apiKey: 'ключ-ключ' }, 'authentication', 'API key'],
    [
      'an address without a model list',
      { baseUrl: () => `${provider.url}/v7` },
      'not-found',
      'no model list',
    ],
    ['an address without /v1', { baseUrl: () => provider.url }, 'not-found', '/v1'],
  ])('names %s', async (_what, change, stage, words) => {
    const { name: _, ...rest } = openai()
    const url = 'baseUrl' in change && change.baseUrl ? change.baseUrl() : rest.baseUrl
    const health = await testNew({ ...rest, ...change, baseUrl: url })
    expect(health).toMatchObject({ ok: false, stage })
    expect(health.message).toContain(words)
  })

  it.each([
    ['a page instead of a list', 200, '<html>hello</html>', 'response'],
    ['JSON of another form', 200, '{"hello":1}', 'response'],
    ['a refusal of permission', 403, '{"error":{"message":"no access"}}', 'permission'],
    ['a rate limit', 429, '{"error":{"message":"slow down"}}', 'rate-limit'],
    ['an error of the provider', 500, '{"error":{"message":"oops"}}', 'provider'],
  ])('names %s', async (_what, status, text, stage) => {
    await using odd = await startAnswering(status, text)
    expect(await testNew({ kind: 'openai', baseUrl: `${odd.url}/v1`, apiKey: canary })).toMatchObject({
      ok: false,
      stage,
    })
  })

  it('never quotes the key, even when the provider does', async () => {
    await using rude = await startAnswering(400, JSON.stringify({ error: { message: `bad key ${canary}` } }))
    expect(
      JSON.stringify(await testNew({ kind: 'openai', baseUrl: `${rude.url}/v1`, apiKey: canary })),
    ).not.toContain(canary)
  })

  it('ends in time when the provider never answers', async () => {
    await using silent = await startAnswering(0, '')
    const health = await testNew({ kind: 'openai', baseUrl: `${silent.url}/v1`, apiKey: canary })
    expect(health).toMatchObject({ ok: false, stage: 'timeout' })
  }, 20_000)
})
