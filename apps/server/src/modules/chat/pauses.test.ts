import { setTimeout as sleep } from 'node:timers/promises'
import { startConversation, textOfEvents, type Person, type StreamedEvent } from '@atrium/testkit'
import { fakeText } from '@atrium/testkit/provider'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openFleet, type Fleet } from '@atrium/testkit/programs'

let fleet: Fleet
beforeEach(async () => {
  fleet = await openFleet()
})
afterEach(() => fleet[Symbol.asyncDispose]())
vi.setConfig({ testTimeout: 60_000 })

/** Longer than the lease of a process, which is 5 s. */
const pauseMs = 7000
const isTerminal = ({ type }: StreamedEvent): boolean =>
  /^turn_(completed|stopped|interrupted|failed)$/.test(type)

/** Reads a stream in the background; what it has given so far is in `seen`. */
function collect(events: AsyncGenerator<StreamedEvent>): { seen: StreamedEvent[]; ended: Promise<void> } {
  const seen: StreamedEvent[] = []
  const read = async (): Promise<void> => {
    for await (const event of events) seen.push(event)
  }
  return { seen, ended: read() }
}

interface StoredRun {
  readonly status: string
  readonly fence: number
  readonly events: number
  readonly ends: number
}

async function storedRun(runId: string): Promise<StoredRun | undefined> {
  const { rows } = await fleet.database.query<StoredRun>(
    `SELECT status, fence, (SELECT count(*)::int FROM chat.run_events e WHERE e.run_id = r.id) AS events,
       (SELECT count(*)::int FROM chat.run_events e WHERE e.run_id = r.id
         AND e.type IN ('turn_completed', 'turn_stopped', 'turn_interrupted', 'turn_failed')) AS ends
     FROM chat.runs r WHERE id = $1`,
    [runId],
  )
  return rows[0]
}

const runOf = (seen: readonly StreamedEvent[]): string => String(seen[0]?.data['runId'])

it('lets an answer go on after a pause longer than the lease that nobody has used', async () => {
  const program = await fleet.start()
  const chat = await startConversation(program.owner, 'openai/fake-1')
  const reading = collect(chat.stream('[[fake tokens=400 rate=50]]'))
  await expect.poll(() => reading.seen.length).toBeGreaterThan(20)
  program.signal('SIGSTOP')
  await sleep(pauseMs)
  program.signal('SIGCONT')
  await reading.ended

  expect(reading.seen.filter(isTerminal).map(({ type }) => type)).toEqual(['turn_completed'])
  expect(reading.seen.map(({ id }) => id)).toEqual(reading.seen.map((_, index) => index + 1))
  expect(textOfEvents(reading.seen)).toBe(fakeText(400))
  expect(await storedRun(runOf(reading.seen))).toMatchObject({ status: 'completed', fence: 0, ends: 1 })
  expect(fleet.provider.calls.filter(({ purpose }) => purpose === 'turn')).toHaveLength(1)
})

it('writes nothing more of an answer that another process has ended during a pause', async () => {
  const paused = await fleet.start()
  const other = await fleet.start()
  const chat = await startConversation(paused.owner, 'openai/fake-1')
  const reading = collect(chat.stream('[[fake tokens=1500 rate=50]]'))
  await expect.poll(() => reading.seen.length).toBeGreaterThan(20)
  const runId = runOf(reading.seen)
  const elsewhere = collect(other.owner.client.events(`${chat.path}/runs/${runId}/events`))
  paused.signal('SIGSTOP')
  await elsewhere.ended
  const takenOver = await storedRun(runId)
  expect(takenOver).toMatchObject({ status: 'interrupted', fence: 1, ends: 1 })
  const answer = await answerOf(other.owner, chat.path)

  await sleep(2000)
  paused.signal('SIGCONT')
  await reading.ended
  await sleep(3000)
  expect(await storedRun(runId)).toEqual(takenOver)
  expect(await answerOf(other.owner, chat.path)).toEqual(answer)
  expect(elsewhere.seen.filter(isTerminal).map(({ type }) => type)).toEqual(['turn_interrupted'])
  expect(reading.seen).toEqual(elsewhere.seen)

  const next = await startConversation(paused.owner, 'openai/fake-1')
  expect((await next.send('[[fake tokens=5]]')).at(-1)?.type).toBe('turn_completed')
})

async function answerOf({ client }: Person, path: string): Promise<unknown> {
  const { body } = await client.get<{ messages: unknown[] }>(path)
  return body.messages.at(-1)
}
