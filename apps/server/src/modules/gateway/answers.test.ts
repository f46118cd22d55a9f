import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey, openStage, type Stage } from './testing/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

const path = '/v1/chat/completions'
const slow = {
  model: 'anthropic/fake-1',
  stream: true,
  messages: [{ role: 'user', content: '[[fake tokens=30 rate=40]]' }],
}
const callsMade = () => stage.provider.stats().total
const keyed = () => ({ 'idempotency-key': randomUUID() })

describe('a request with an Idempotency-Key', () => {
  it('that is sent again while it runs gets every byte of the same stream, and one call is made', async () => {
    const headers = keyed()
    const before = callsMade()
    const first = await stage.post(path, slow, headers)
    const [a, b] = await Promise.all([
      first.text(),
      stage.post(path, slow, headers).then((reply) => reply.text()),
    ])
    expect(a).toMatch(/\[DONE\]/)
    expect(b).toBe(a)
    expect(callsMade()).toBe(before + 1)
  })

  it('that is sent again afterwards gets the kept answer, marked as replayed', async () => {
    const headers = keyed()
    const before = callsMade()
    const first = await stage.post(path, slow, headers)
    const a = await first.text()
    const again = await stage.post(path, slow, headers)
    expect(await again.text()).toBe(a)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'))
    expect(again.headers.get('x-atrium-call')).toBe(first.headers.get('x-atrium-call'))
    expect(callsMade()).toBe(before + 1)
  })

  it('runs on when its client hangs up', async () => {
    const headers = keyed()
    const controller = new AbortController()
    const reply = await fetch(new URL(path, stage.server.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(slow),
      signal: controller.signal,
    })
    await reply.body?.getReader().read()
    const before = callsMade()
    controller.abort()
    const again = await stage.post(path, slow, headers)
    expect(await again.text()).toMatch(/\[DONE\]/)
    expect(callsMade()).toBe(before)
  })

  it('is refused with 422 when its body is another one', async () => {
    const headers = keyed()
    await (await stage.post(path, slow, headers)).text()
    expect((await stage.post(path, { ...slow, temperature: 0.5 }, headers)).status).toBe(422)
  })

  it('is another request under the key of somebody else', async () => {
    const headers = keyed()
    const before = callsMade()
    await (await stage.post(path, slow, headers)).text()
    const other = await createKey(stage.owner)
    const reply = await stage.post(path, slow, { ...headers, authorization: `Bearer ${other}` })
    await reply.text()
    expect(reply.headers.get('idempotent-replayed')).toBeNull()
    expect(callsMade()).toBe(before + 2)
  })

  it('may be tried again with its key when the provider has refused it', async () => {
    const headers = keyed()
    const limited = { ...slow, messages: [{ role: 'user', content: '[[fake fault=status:429:1 times=1]]' }] }
    const first = await stage.post(path, limited, headers)
    expect(first.status).toBe(429)
    const again = await stage.post(path, limited, headers)
    expect(again.headers.get('idempotent-replayed')).toBeNull()
    await again.text()
  })

  it('is answered with 409 when the process that made the call has died', async () => {
    const headers = keyed()
    await (await stage.post(path, slow, headers)).text()
    // The client has its answer a moment before the database.
    const orphan = () =>
      stage.database.query(
        `UPDATE gateway.answers SET state = 'running', lease_until = now() - interval '1 second'
         WHERE key = $1 AND state = 'answered'`,
        [headers['idempotency-key']],
      )
    await expect.poll(async () => (await orphan()).rowCount).toBe(1)
    const before = callsMade()
    const again = await stage.post(path, slow, headers)
    expect(again.status).toBe(409)
    expect(await again.text()).toContain('nobody knows')
    expect(callsMade()).toBe(before)
  })
})
