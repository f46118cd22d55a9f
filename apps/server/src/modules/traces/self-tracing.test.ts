import { setTimeout as sleep } from 'node:timers/promises'
import type { RouteReply, traceRoutes } from '@atrium/contract'
import { startTestServer, type Person } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyOf } from './testing/spans.ts'

type Reply<Name extends keyof typeof traceRoutes> = RouteReply<(typeof traceRoutes)[Name]>

let provider: FakeProvider
beforeAll(async () => {
  provider = await startFakeProvider()
})
afterAll(() => provider[Symbol.asyncDispose]())

/** Long enough for spans to be written. */
const writtenMs = 1500

/** Everything that a server with this setting keeps of one call. */
async function keptWith(setting: string): Promise<string[]> {
  await using server = await startTestServer({
    environment: {
      ATRIUM_SELF_TRACING: setting,
      OPENAI_API_KEY: 'fake-key',
      OPENAI_BASE_URL: `${provider.url}/v1`,
    },
  })
  const owner = await server.owner()
  const reply = await fetch(new URL('/v1/chat/completions', server.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await keyOf(owner, ['gateway:call'])}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      model: 'openai/fake-1',
      messages: [{ role: 'user', content: 'Words of mine [[fake text="Words of its own"]]' }],
    }),
  })
  expect(await reply.text()).toContain('Words of its own')
  await sleep(writtenMs)
  const { body } = await owner.client.get<Reply<'listTraces'>>(`${owner.base}/traces`)
  const kept = await Promise.all(body.data.map(({ id }) => spansOf(owner, id)))
  return kept.flat()
}

/** The spans of a trace with all that they carry, as JSON. */
async function spansOf({ client, base }: Person, traceId: string): Promise<string[]> {
  const path = `${base}/traces/${traceId}/spans`
  const { body } = await client.get<Reply<'listSpans'>>(path)
  return Promise.all(
    body.data.map(async ({ id }) =>
      JSON.stringify((await client.get<Reply<'readSpan'>>(`${path}/${id}`)).body),
    ),
  )
}

describe('the setting of self-tracing', () => {
  it('“on” keeps tokens and words', async () => {
    const [span] = await keptWith('on')
    expect(span).toContain('Words of mine')
    expect(span).toContain('Words of its own')
  })

  it('“figures” keeps tokens and no words', async () => {
    const [span, ...more] = await keptWith('figures')
    expect(more).toEqual([])
    expect(span).toMatch(/"output":[1-9]/)
    expect(span).not.toContain('Words of')
  })

  it('“off” keeps nothing', async () => {
    expect(await keptWith('off')).toEqual([])
  })
})
