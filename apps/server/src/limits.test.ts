import type { ApiKey } from '@atrium/contract'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openFleet, type Fleet, type Program } from '@atrium/testkit/programs'

let fleet: Fleet
let one: Program
let two: Program
beforeAll(async () => {
  fleet = await openFleet()
  one = await fleet.start()
  two = await fleet.start()
  const key = await makeKey({})
  for (const program of [one, two]) {
    // The models of a connection are listed soon after a program has started.
    await vi.waitUntil(async () => (await call(program, key, 'hello')).status === 200, { timeout: 10_000 })
  }
}, 60_000)
afterAll(() => fleet[Symbol.asyncDispose]())

type Key = ApiKey & { secret: string }

const makeKey = async (limits: object): Promise<Key> => {
  const { client, base } = one.owner
  const scopes = ['gateway:call']
  return (await client.post<Key>(`${base}/api-keys`, { name: 'App', scopes, limits })).body
}

/** A call as an SDK makes it; the answer takes as long as the text says. */
const call = (program: Program, { secret }: Key, content: string, more: object = {}): Promise<Response> =>
  fetch(`${program.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openai/fake-1',
      messages: [{ role: 'user', content }],
      max_tokens: 100,
      ...more,
    }),
  })

async function storm(key: Key, calls: number): Promise<Response[]> {
  const replies = await Promise.all(
    Array.from({ length: calls }, (_, index) => call(index % 2 ? one : two, key, '[[fake tokens=2]]')),
  )
  await Promise.all(replies.map((reply) => reply.clone().arrayBuffer()))
  return replies
}

const withStatus = (replies: readonly Response[], status: number): Response[] =>
  replies.filter((reply) => reply.status === status)

const slow = '[[fake tokens=400 rate=20]]'

describe('two programs', () => {
  it('let a key make exactly as many requests as its limit says, and say when to come back', async () => {
    const key = await makeKey({ rpm: 6 })
    const replies = await storm(key, 40)
    expect([withStatus(replies, 200).length, withStatus(replies, 429).length]).toEqual([6, 34])
    expect(withStatus(replies, 200)[0]?.headers.get('ratelimit-limit')).toBe('6')
    const refused = withStatus(replies, 429)[0]
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused?.headers.get('ratelimit-remaining')).toBe('0')
    expect(refused?.headers.get('ratelimit-policy')).toBe('"key-requests";q=6;w=60')
    expect(await refused?.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } })
  })

  it('apply changed limits, and refuse a key that was switched off, within five seconds', async () => {
    const key = await makeKey({})
    expect(withStatus(await storm(key, 10), 200)).toHaveLength(10)
    const { client, base } = one.owner
    await client.patch(`${base}/api-keys/${key.id}`, { limits: { concurrency: 1, rpm: 1 } })
    await expect
      .poll(async () => withStatus(await storm(key, 4), 429).length, { timeout: 5000 })
      .toBeGreaterThanOrEqual(3)
    await client.patch(`${base}/api-keys/${key.id}`, { enabled: false })
    await expect.poll(async () => withStatus(await storm(key, 4), 401).length, { timeout: 5000 }).toBe(4)
  })

  it('free the slots of a program that is killed', async () => {
    const doomed = await fleet.start()
    const key = await makeKey({ concurrency: 3 })
    const running = await Promise.all(
      Array.from({ length: 3 }, () => call(doomed, key, slow, { stream: true })),
    )
    expect(running.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(withStatus(await storm(key, 6), 429)).toHaveLength(6)
    doomed.signal('SIGKILL')
    await Promise.allSettled(running.map((reply) => reply.text()))
    await expect.poll(async () => (await call(one, key, 'hello')).status, { timeout: 9000 }).toBe(200)
    const again = await Promise.all([1, 2, 3, 4].map(() => call(two, key, slow, { stream: true })))
    expect(again.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([
      200, 200, 200, 429,
    ])
    await Promise.all(again.map((reply) => reply.body?.cancel() ?? Promise.resolve()))
    await expect.poll(async () => (await call(one, key, 'hello')).status, { timeout: 5000 }).toBe(200)
  }, 60_000)
})
