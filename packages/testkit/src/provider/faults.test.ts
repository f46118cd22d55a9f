import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseFault } from './faults.ts'
import { startFakeProvider, type FakeProvider } from './server.ts'
import { dialects, hear, send, understand, type Ask } from './test-client.ts'
import { fakeText } from './tokens.ts'

let provider: FakeProvider
beforeAll(async () => {
  provider = await startFakeProvider()
})
afterAll(async () => provider[Symbol.asyncDispose]())

/** Reads until the body ends, breaks, or `ms` pass; gives what came and how it ended. */
async function readFor(ask: Ask, ms: number): Promise<{ raw: string; end: 'done' | 'broken' | 'silent' }> {
  const aborter = new AbortController()
  const timer = setTimeout(() => aborter.abort(), ms)
  let raw = ''
  try {
    const response = await send(provider.url, { ...ask, signal: aborter.signal })
    for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      raw += chunk
    }
    return { raw, end: 'done' }
  } catch {
    return { raw, end: aborter.signal.aborted ? 'silent' : 'broken' }
  } finally {
    clearTimeout(timer)
  }
}

describe.each(dialects)('%s', (dialect) => {
  const ask = (fault: string, stream = true): Ask => ({
    dialect,
    stream,
    text: `[[fake tokens=10 fault=${fault}]]`,
  })
  const part = fakeText(4)

  it.each([400, 401, 403, 404, 413, 429, 500, 503, 529])('refuses with status %i', async (status) => {
    const response = await send(provider.url, ask(`status:${status}`))
    const body = await response.json()
    expect(response.status).toBe(status)
    expect(response.headers.get('retry-after')).toBeNull()
    if (status === 429) expect(body).toMatchSnapshot()
  })

  it('says when to come back, Gemini in its body', async () => {
    const response = await send(provider.url, ask('status:429:7'))
    const body = await response.text()
    expect(response.headers.get('retry-after')).toBe(dialect === 'gemini' ? null : '7')
    expect(body.includes('"retryDelay":"7s"')).toBe(dialect === 'gemini')
  })

  it('refuses for an exhausted budget without saying when to come back', async () => {
    const response = await send(provider.url, ask('status:429-spend'))
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBeNull()
    expect(await response.json()).toMatchSnapshot()
  })

  it('fails in the midst of a stream in its own shape', async () => {
    const response = await send(provider.url, ask('error-after:4'))
    const heard = understand(dialect, await response.text(), true)
    expect(response.status).toBe(200)
    expect(heard).toMatchObject({ text: part, finished: false, error: expect.stringMatching(/overloaded/i) })
  })

  it('cuts the socket after exactly as many tokens', async () => {
    const { raw, end } = await readFor(ask('cut-after:4'), 3000)
    expect(end).toBe('broken')
    expect(understand(dialect, raw, true)).toMatchObject({ text: part, finished: false })
  })

  it('ends cleanly without a terminal marker', async () => {
    const { raw, end } = await readFor(ask('end-after:4'), 3000)
    expect(end).toBe('done')
    expect(understand(dialect, raw, true)).toMatchObject({ text: part, finished: false, stop: '' })
  })

  it('stalls with the socket open', async () => {
    const { raw, end } = await readFor(ask('stall-after:4'), 200)
    expect(end).toBe('silent')
    expect(understand(dialect, raw, true)).toMatchObject({ text: part, finished: false })
    expect(await readFor(ask('stall-headers'), 150)).toEqual({ raw: '', end: 'silent' })
    const opened = await readFor(ask('stall-first-token'), 150)
    expect(opened.end).toBe('silent')
    expect(understand(dialect, opened.raw, true)).toMatchObject({ text: '' })
  })

  it('breaks answers that are not streamed, too', async () => {
    const stalled = await readFor(ask('stall-after:4', false), 200)
    expect(stalled.end).toBe('silent')
    const cut = await readFor(ask('cut-after:4', false), 3000)
    expect(cut.end).toBe('broken')
    const ended = await readFor(ask('end-after:4', false), 3000)
    expect(ended.end).toBe('done')
    for (const { raw } of [stalled, cut, ended]) expect(() => void JSON.parse(raw)).toThrow(SyntaxError)
    const failed = await hear(provider.url, ask('error-after:4', false))
    expect(failed.error).toMatch(/overloaded/i)
    expect((await readFor(ask('cut-headers', false), 3000)).end).toBe('broken')
  })

  it('sends garbage, pages, nothing and the wrong content type', async () => {
    const garbage = await readFor(ask('garbage:4'), 3000)
    expect(garbage.raw).toContain('not an event')
    expect(understand(dialect, garbage.raw, true)).toMatchObject({ text: part, finished: false })
    const page = await send(provider.url, ask('html'))
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html'])
    expect(await page.text()).toContain('<html>')
    expect(await readFor(ask('empty'), 3000)).toEqual({ raw: '', end: 'done' })
    const plain = await send(provider.url, ask('wrong-content-type'))
    expect(plain.headers.get('content-type')).toBe('text/plain')
    expect(understand(dialect, await plain.text(), true).finished).toBe(true)
  })

  it('leaves usage out, pings, and sends huge events', async () => {
    expect(await hear(provider.url, ask('no-usage'))).toMatchObject({ finished: true, usage: undefined })
    const pinged = await readFor(ask('ping:3'), 3000)
    expect(understand(dialect, pinged.raw, true)).toMatchObject({ text: fakeText(10), finished: true })
    expect(pinged.raw.length).toBeGreaterThan((await readFor(ask('ping:9'), 3000)).raw.length)
    const huge = await hear(provider.url, ask('huge-event:300000'))
    expect(huge.text).toBe('x'.repeat(300_000) + fakeText(10))
  })

  it('waits before headers and before the first token', async () => {
    const from = performance.now()
    const response = await send(provider.url, { dialect, text: '[[fake ttft=120 fault=slow-headers:150]]' })
    const headersMs = performance.now() - from
    await response.text()
    expect(headersMs).toBeGreaterThan(145)
    expect(performance.now() - from).toBeGreaterThan(265)
  })
})

describe('fault texts', () => {
  it('reads each form and refuses all else', () => {
    expect(parseFault('status:503:2')).toEqual({ kind: 'status', status: 503, spend: false, retryAfterS: 2 })
    expect(parseFault('garbage')).toEqual({ kind: 'garbage', after: 0 })
    for (const text of ['', 'status', 'status:200', 'cut-after', 'cut-after:-1', 'html:1', 'explode']) {
      expect(() => parseFault(text), text).toThrow(SyntaxError)
    }
  })

  it('makes chaos the same for the same seed', () => {
    const faults = Array.from({ length: 40 }, (_, seed) => parseFault('chaos', seed))
    expect(faults).toEqual(Array.from({ length: 40 }, (_, seed) => parseFault('chaos', seed)))
    expect(new Set(faults.map((fault) => fault?.kind)).size).toBeGreaterThan(4)
  })
})
