import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { markerOf } from './calls.ts'
import type { Json } from './json.ts'
import { startFakeProvider } from './server.ts'
import { hear, jsonOf } from './test-client.ts'

async function get(url: string): Promise<Json> {
  return jsonOf(await fetch(url))
}

async function post(url: string, body?: unknown): Promise<number> {
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(url, { method: 'POST', ...init })
  await response.text()
  return response.status
}

describe('control over HTTP', () => {
  it('enqueues, reports and resets', async () => {
    await using provider = await startFakeProvider()
    const control = `${provider.url}/__fake`
    expect(await post(`${control}/enqueue`, { script: { text: 'ordered' } })).toBe(200)
    expect(await post(`${control}/enqueue`, { script: { text: 1 } })).toBe(400)
    expect((await hear(provider.url, { dialect: 'gemini' })).text).toBe('ordered')
    await hear(provider.url, { dialect: 'ollama', text: 'again' })
    const { calls } = await get(`${control}/calls?since=1`)
    expect(calls).toMatchObject([{ seq: 2, dialect: 'ollama', marker: 'again', finished: true, status: 200 }])
    const stats = await get(`${control}/stats`)
    expect(stats).toMatchObject({ total: 2, turnsByMarker: { hello: 1, again: 1 }, live: 0 })
    expect(await post(`${control}/reset`)).toBe(200)
    expect(provider.calls).toEqual([])
    expect(provider.stats()).toMatchObject({ total: 0, turnsByMarker: {} })
    expect(await post(`${control}/nonsense`)).toBe(404)
  })

  it('keeps a bounded number of calls and tells of each', async () => {
    await using provider = await startFakeProvider({ keepCalls: 3 })
    const seen: number[] = []
    provider.on('call', (call) => seen.push(call.seq))
    for (let i = 0; i < 5; i += 1) await hear(provider.url, { dialect: 'openai-chat', text: `n${i}` })
    expect(seen).toEqual([1, 2, 3, 4, 5])
    expect(provider.calls.map((call) => call.seq)).toEqual([3, 4, 5])
    expect(provider.stats().total).toBe(5)
  })

  it('hashes long messages into their markers', () => {
    expect(markerOf('short')).toBe('short')
    expect(markerOf('long '.repeat(100))).toMatch(/^sha256:[0-9a-f]{32}$/)
  })
})

describe('the program', () => {
  it('says where it listens and stops when told', async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url))
    const child = spawn(process.execPath, [main, '--model', 'gpt-5', '--key', 'k1'])
    const [line] = await once(createInterface(child.stdout), 'line')
    const url = /^fake provider listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(String(line))?.[1] ?? ''
    const heard = await hear(url, { dialect: 'openai-responses', model: 'gpt-5', key: 'k1' })
    expect(heard.finished).toBe(true)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
