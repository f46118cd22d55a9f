import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { describe, expect, it } from 'vitest'
import type { RecordedCall } from './calls.ts'
import { startFakeProvider, type FakeProvider } from './server.ts'
import { dialects, requestOf, send, understand, type TestDialect } from './test-client.ts'
import { indexesIn } from './tokens.ts'

/** Waits until a condition holds. */
async function until(holds: () => boolean): Promise<void> {
  for (const from = performance.now(); !holds();) {
    if (performance.now() - from > 5000) throw new Error('it never came to be')
    await sleep(2)
  }
}

/** The call that runs now, once there is one. */
async function running(provider: FakeProvider): Promise<RecordedCall> {
  for (;;) {
    const call = provider.calls.at(-1)
    if (call !== undefined && call.endedAt === undefined) return call
    await sleep(2)
  }
}

/** Starts a call, hangs up once it has sent something, and gives its record. */
async function hangUp(provider: FakeProvider, dialect: TestDialect, stream: boolean, text: string) {
  const aborter = new AbortController()
  const sent = send(provider.url, { dialect, stream, text, signal: aborter.signal })
  sent.catch(() => undefined)
  const call = await running(provider)
  await sleep(80)
  const abortedAt = Date.now()
  aborter.abort()
  await until(() => call.endedAt !== undefined)
  return { call, abortedAt }
}

describe.each(dialects)('hanging up on %s', (dialect) => {
  it.each([true, false])('stops generating at once and is recorded (stream: %s)', async (stream) => {
    await using provider = await startFakeProvider()
    const text = '[[fake tokens=1000 rate=100]]'
    const { call, abortedAt } = await hangUp(provider, dialect, stream, text)
    const sent = call.tokensSent
    expect(call).toMatchObject({ finished: false, status: 200, dialect, purpose: 'turn' })
    expect(call.closedByClientAt).toBeGreaterThanOrEqual(abortedAt)
    expect(call.closedByClientAt ?? 0).toBeLessThan(abortedAt + 500)
    expect(sent).toBeGreaterThan(2)
    expect(sent).toBeLessThan(200)
    await sleep(50)
    expect(call.tokensSent).toBe(sent)
    expect(provider.stats()).toMatchObject({ live: 0, aborted: 1, finished: 0, turnsByMarker: { [text]: 1 } })
  })

  it('is recorded also while the provider stalls', async () => {
    await using provider = await startFakeProvider()
    for (const fault of ['stall-headers', 'stall-first-token', 'stall-after:3']) {
      const { call } = await hangUp(provider, dialect, true, `[[fake fault=${fault}]]`)
      expect(call).toMatchObject({ finished: false, closedByClientAt: expect.any(Number) })
    }
  })
})

describe('pace', () => {
  it('waits for a slow reader instead of buffering', async () => {
    await using provider = await startFakeProvider()
    const aborter = new AbortController()
    const text = '[[fake tokens=1000000]]'
    const response = await send(provider.url, { dialect: 'ollama', text, signal: aborter.signal })
    const call = await running(provider)
    let sent = -1
    while (call.tokensSent > sent) {
      sent = call.tokensSent
      await sleep(200)
    }
    // The kernel's buffers hold a few megabytes, that is all.
    expect(sent).toBeLessThan(200_000)
    expect(call.endedAt).toBeUndefined()
    aborter.abort()
    await response.body?.cancel().catch(() => undefined)
    await until(() => call.closedByClientAt !== undefined)
  })

  it('keeps 200 streams at their rate, every token in its place', async () => {
    await using provider = await startFakeProvider()
    const agent = new Agent({ connections: 200 })
    const { path, headers, body } = requestOf({
      dialect: 'openai-chat',
      text: '[[fake tokens=90 rate=60 ttft=100]]',
    })
    const one = async (): Promise<{ tookMs: number; text: string }> => {
      const from = performance.now()
      const options = { method: 'POST', headers, body: JSON.stringify(body), dispatcher: agent } as const
      const response = await request(provider.url + path, options)
      const raw = await response.body.text()
      return { tookMs: performance.now() - from, text: understand('openai-chat', raw, true).text }
    }
    const results = await Promise.all(Array.from({ length: 200 }, one))
    await agent.close()
    const times = results.map((result) => result.tookMs).toSorted((a, b) => a - b)
    // 100 ms, and then 89 gaps of 1/60 s.
    expect(times[0]).toBeGreaterThan(1550)
    expect(times[100]).toBeLessThan(3000)
    const expected = Array.from({ length: 90 }, (_, index) => index)
    for (const { text } of results) expect(indexesIn(text)).toEqual(expected)
    expect(provider.stats()).toMatchObject({ peakLive: 200, finished: 200, live: 0 })
  })
})
