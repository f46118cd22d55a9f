import { setTimeout as sleep } from 'node:timers/promises'
import type { Alias, Model, PolicyInput } from '@atrium/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openFleet, type Fleet, type Program } from '@atrium/testkit/programs'
import { createKey } from './testing/stage.ts'

let fleet: Fleet
let programs: readonly [Program, Program]
beforeAll(async () => {
  fleet = await openFleet()
  programs = [await fleet.start(), await fleet.start()]
})
afterAll(() => fleet[Symbol.asyncDispose]())

/** The second one says what it was asked, so that answers tell who gave them. */
const [before, after] = ['openai/fake-1', 'openai/fake-echo'] as const
const question = 'who are you? [[fake tokens=20 rate=400]]'
const propagationMs = 2000

const only = (model: string): PolicyInput => ({ plan: { strategy: 'priority', targets: [{ model }] } })

/** A call under the load: where, when, and who answered; what it got instead when nobody did. */
interface Call {
  readonly program: Program
  readonly startedAt: number
  readonly answeredBy: string
}

interface Load extends AsyncDisposable {
  readonly calls: readonly Call[]
}

/** Calls the alias through both programs, whole answers and streams in turn, until it is disposed. */
function startLoad(key: string, alias: string): Load {
  const calls: Call[] = []
  let stopped = false
  const caller = async (program: Program): Promise<void> => {
    for (let turn = 0; !stopped; turn += 1) {
      const startedAt = performance.now()
      const answeredBy = await ask(program, key, alias, turn % 2 === 1).catch(String)
      calls.push({ program, startedAt, answeredBy })
      await sleep(5)
    }
  }
  const callers = [...programs, ...programs, ...programs].map(caller)
  return {
    calls,
    [Symbol.asyncDispose]: async () => {
      stopped = true
      await Promise.all(callers)
    },
  }
}

async function ask(program: Program, key: string, model: string, stream: boolean): Promise<string> {
  const reply = await fetch(`${program.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: question }] }),
  })
  const text = await reply.text()
  const isWhole = reply.status === 200 && (stream ? text.endsWith('data: [DONE]\n\n') : text.endsWith('}'))
  if (!isWhole) return `${reply.status}: ${text.slice(-500)}`
  const said = stream ? spokenIn(text) : text
  if (said.includes('w19 ')) return before
  return said.includes('who are you?') ? after : text
}

/** The words of a stream, which may be cut anywhere. */
const spokenIn = (stream: string): string =>
  [...stream.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)].map(([, part = '""']) => JSON.parse(part)).join('')

/** Lets the load run on past the time that a change may take. */
async function change(load: Load, work: () => Promise<unknown>, answeredBy: string): Promise<void> {
  await work()
  const changedAt = performance.now()
  await sleep(propagationMs + 1000)
  for (const program of programs) {
    const late = load.calls.filter(
      (call) => call.program === program && call.startedAt > changedAt + propagationMs,
    )
    expect(late.length).toBeGreaterThan(5)
    expect(new Set(late.map((call) => call.answeredBy))).toEqual(new Set([answeredBy]))
  }
}

/** The first start asks the provider for its models in the background. */
async function untilListed({ owner }: Program): Promise<void> {
  const ids = async (): Promise<string[]> => {
    const { body } = await owner.client.get<{ data: Model[] }>(`${owner.base}/models`)
    return body.data.map(({ id }) => id)
  }
  await expect.poll(ids, { timeout: 10_000 }).toEqual(expect.arrayContaining([before, after]))
}

it('a policy that changes under load, and its rollback, reach every process within two seconds without a failed call', async () => {
  const [here, there] = programs
  const { client, base } = here.owner
  await untilListed(here)
  const { body: alias } = await client.post<Alias>(`${base}/aliases`, {
    name: 'assistant',
    policy: only(before),
  })
  const key = await createKey(here.owner)
  await expect.poll(() => ask(there, key, alias.name, false), { timeout: propagationMs }).toBe(before)

  await using load = startLoad(key, alias.name)
  await sleep(500)
  await change(load, () => client.patch(`${base}/aliases/${alias.id}`, { policy: only(after) }), after)
  await change(
    load,
    () => there.owner.client.post(`${base}/aliases/${alias.id}/rollbacks`, { version: 1 }),
    before,
  )
  expect(load.calls.map((call) => call.answeredBy).filter((by) => by !== before && by !== after)).toEqual([])
  for (const program of programs) {
    const seen = new Set(load.calls.filter((call) => call.program === program).map((call) => call.answeredBy))
    expect(seen).toEqual(new Set([before, after]))
  }
}, 60_000)
