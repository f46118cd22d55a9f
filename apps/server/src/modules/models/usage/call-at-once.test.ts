import { randomUUID } from 'node:crypto'
import type { CallDetail } from '@atrium/contract'
import { openFleet, type Fleet, type Program } from '@atrium/testkit/programs'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

let fleet: Fleet
let programs: [Program, Program]
let secret: string

beforeAll(async () => {
  fleet = await openFleet()
  programs = [await fleet.start(), await fleet.start()]
  const { client, base } = programs[0].owner
  const key = { name: 'sdk', scopes: ['gateway:call'] }
  secret = (await client.post<{ secret: string }>(`${base}/api-keys`, key)).body.secret
  for (const program of programs) await vi.waitFor(() => ask(program), { timeout: 10_000, interval: 200 })
}, 60_000)
afterAll(() => fleet[Symbol.asyncDispose]())

/** Makes a call, reads its answer to the end, and gives its id. */
async function ask({ url }: Program, stream = false): Promise<string> {
  const reply = await fetch(new URL('/v1/chat/completions', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/fake-1', stream, messages: [{ role: 'user', content: 'hello' }] }),
  })
  await reply.text()
  expect(reply.status).toBe(200)
  return reply.headers.get('x-atrium-call') ?? ''
}

const open = ({ owner }: Program, callId: string) =>
  owner.client.get<CallDetail>(`${owner.base}/calls/${callId}`, { allowFailure: true })

it.each([
  ['the process that has made it', 0],
  ['another process', 1],
])('a call is there right after its answer, at %s', async (_, place) => {
  for (const stream of [true, false, true, false]) {
    const id = await ask(programs[0], stream)
    const { status, body } = await open(programs[place] ?? programs[0], id)
    expect({ status, id: body.id }).toEqual({ status: 200, id })
  }
})

it('a call that never was is not found, and not waited for', async () => {
  const begun = performance.now()
  for (let tries = 0; tries < 5; tries += 1) expect((await open(programs[0], randomUUID())).status).toBe(404)
  expect(performance.now() - begun).toBeLessThan(1000)
})
