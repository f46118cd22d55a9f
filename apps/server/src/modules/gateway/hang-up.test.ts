import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedCall } from '@atrium/testkit/provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey, openStage, type Stage } from './testing/stage.ts'

/** How long the end of an answer is awaited. */
const drainMs = 250

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

interface Row {
  readonly status: string
  readonly estimated: boolean
  readonly input: number
  readonly output: number
  readonly heldState: string | null
}

/** Asks for a stream, reads until so many events have come, and hangs up. */
async function hangUp(
  text: string,
  { model = 'openai/fake-1', key = stage.key, after = 1, end = (stop: () => void): unknown => stop() } = {},
): Promise<{ callId: string; call: RecordedCall; goneAt: number }> {
  const controller = new AbortController()
  const reply = await fetch(new URL('/v1/chat/completions', stage.server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: text }] }),
    signal: controller.signal,
  })
  const reader = reply.body?.getReader()
  let seen = ''
  while (seen.split('\n\n').length <= after) {
    const { value, done } = (await reader?.read()) ?? { done: true }
    if (done || !value) throw new Error('the answer has ended early')
    seen += Buffer.from(value).toString()
  }
  const call = stage.provider.calls.at(-1)
  if (!call) throw new Error('nobody was called')
  const goneAt = Date.now()
  await end(() => controller.abort())
  return { callId: reply.headers.get('x-atrium-call') ?? '', call, goneAt }
}

async function rowOf(callId: string): Promise<Row> {
  const find = () =>
    stage.database.query<Row>(
      `SELECT c.status, c.estimated, c.input_uncached::int AS input, c.output_text::int AS output, h.state AS "heldState"
       FROM models.calls c LEFT JOIN ledger.holds h ON h.workspace_id = c.workspace_id AND h.call_id = c.id
       WHERE c.id = $1 AND h.state IS DISTINCT FROM 'held'`,
      [callId],
    )
  await expect.poll(async () => (await find()).rows.length, { timeout: 4000 }).toBe(1)
  const [row] = (await find()).rows
  if (!row) throw new Error('the call is gone')
  return row
}

describe('a client that hangs up', () => {
  it.each([
    ['in its own dialect', 'openai/fake-1'],
    ['translated', 'anthropic/fake-1'],
  ])('near the end of an answer %s leaves the usage that the provider tells', async (_what, model) => {
    const { callId } = await hangUp('[[fake tokens=12 rate=100 input=4321]]', { model, after: 3 })
    expect(await rowOf(callId)).toMatchObject({
      status: 'aborted',
      estimated: false,
      input: 4321,
      output: 12,
    })
  })

  it('far from the end has the provider cut off soon, and leaves an estimate flagged as such', async () => {
    const { callId, call, goneAt } = await hangUp('[[fake tokens=2000 rate=20 input=4321]]')
    await expect.poll(() => call.closedByClientAt, { timeout: 3000 }).toBeGreaterThan(0)
    expect((call.closedByClientAt ?? 0) - goneAt).toBeLessThan(1000)
    const { status, estimated, output } = await rowOf(callId)
    expect({ status, estimated }).toEqual({ status: 'aborted', estimated: true })
    expect(output).toBeLessThan(30)
  })

  it('while the provider writes fast has no more than 64 kB read after it', async () => {
    const { callId, call, goneAt } = await hangUp('[[fake tokens=400000 rate=0]]')
    expect(await rowOf(callId)).toMatchObject({ status: 'aborted', estimated: true })
    // That much has come long before the time is over.
    expect((call.closedByClientAt ?? Infinity) - goneAt).toBeLessThan(drainMs)
  })

  it('leaves no slot taken', async () => {
    const key = await createKey(stage.owner, { limits: { concurrency: 1 } })
    await hangUp('[[fake tokens=2000 rate=20]]', { key })
    await sleep(600)
    const { callId } = await hangUp('[[fake tokens=4 rate=100]]', { key })
    expect(callId).not.toBe('')
  })

  it('because its key was revoked has the provider cut off at once', async () => {
    const { body } = await stage.owner.client.post<{ secret: string; id: string }>(
      `${stage.owner.base}/api-keys`,
      { name: 'soon gone', scopes: ['gateway:call'] },
    )
    const { callId, call, goneAt } = await hangUp('[[fake tokens=60 rate=20 input=4321]]', {
      key: body.secret,
      end: () => stage.owner.client.delete(`${stage.owner.base}/api-keys/${body.id}`),
    })
    expect(await rowOf(callId)).toMatchObject({ status: 'aborted', estimated: true })
    expect((call.closedByClientAt ?? Infinity) - goneAt).toBeLessThan(drainMs)
  })
})
