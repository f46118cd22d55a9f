import { setTimeout as sleep } from 'node:timers/promises'
import type { StopReceipt } from '@atrium/contract'
import { startConversation, type StreamedEvent } from '@atrium/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openFleet, type Fleet, type Program } from '@atrium/testkit/programs'

let fleet: Fleet
let programs: readonly [Program, Program]
beforeAll(async () => {
  fleet = await openFleet()
  programs = [await fleet.start(), await fleet.start()]
})
afterAll(() => fleet[Symbol.asyncDispose]())

const isTerminal = ({ type }: StreamedEvent): boolean =>
  /^turn_(completed|stopped|interrupted|failed)$/.test(type)

interface Outcome {
  readonly receipt: StopReceipt
  readonly ends: readonly StreamedEvent[]
  readonly wasCalled: boolean
}

/** Queues a turn behind an answer of 200 ms, stops it after the wait, at the other process if asked to. */
async function stopQueued(round: number, waitMs: number, isElsewhere: boolean): Promise<Outcome> {
  const [here, there] = programs
  const chat = await startConversation(here.owner, 'openai/fake-1')
  const first = await chat.accept('first [[fake tokens=10 rate=50]]')
  const marker = `queued ${round}.`
  const parentId = first.run.assistantMessageId
  const { run } = await chat.accept(`${marker} [[fake tokens=200 rate=50]]`, { parentId })
  expect(run.status).toBe('queued')
  await sleep(waitMs)
  const path = `${chat.path}/runs/${run.id}`
  const { body } = await (isElsewhere ? there : here).owner.client.post<StopReceipt>(`${path}/stop`)
  const events = await Array.fromAsync(here.owner.client.events(`${path}/events`))
  const wasCalled = fleet.provider.calls.some((call) => call.marker.includes(marker))
  return { receipt: body, ends: events.filter(isTerminal), wasCalled }
}

/** From before the turn begins, about when the first answer ends, to after. */
const waitsMs = [0, 100, 140, 160, 180, 190, 200, 210, 220, 230, 240, 260, 280, 300, 400, 1500]

it('gives a queued turn that is stopped as it begins one end and one receipt, wherever it is stopped', async () => {
  const outcomes: Outcome[] = []
  for (const [round, waitMs] of waitsMs.entries())
    outcomes.push(await stopQueued(round, waitMs, round % 2 === 1))
  for (const { receipt, ends, wasCalled } of outcomes) {
    expect(ends.map(({ type }) => type)).toEqual(['turn_stopped'])
    expect(receipt.status).toBe('stopped')
    expect(ends[0]?.data['receipt']).toEqual(receipt)
    // A request that was cut off on its way may have arrived, so what it may have cost is estimated.
    if (!wasCalled && !receipt.estimated)
      expect(receipt).toMatchObject({ inputTokens: 0, outputTokens: 0, costNanoUsd: '0' })
  }
  expect(new Set(outcomes.map(({ wasCalled }) => wasCalled)).size).toBe(2)
}, 60_000)
