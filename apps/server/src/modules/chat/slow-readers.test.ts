import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { startConversation, type Person } from '@atrium/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openFleet, type Fleet, type Program } from '@atrium/testkit/programs'

let fleet: Fleet
let program: Program
let sockets: Socket[] = []
beforeEach(async () => {
  fleet = await openFleet()
  program = await fleet.start()
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets = []
  await fleet[Symbol.asyncDispose]()
})

/** Asks for an event stream, reads its head, and then nothing more although the connection stays open. */
async function openAndStopReading({ client }: Person, path: string): Promise<void> {
  const { hostname, port } = new URL(program.url)
  const socket = connect({ host: hostname, port: Number(port) })
  sockets.push(socket)
  await once(socket, 'connect')
  socket.write(
    `GET ${path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\ncookie: ${client.cookie}\r\n\r\n`,
  )
  const [head] = (await once(socket, 'data')) as [Buffer]
  expect(head.toString()).toContain('200 OK')
  socket.pause()
}

/** Resolves when the run has ended, which is long before those who do not read have its last event. */
async function untilEnded(runId: string): Promise<void> {
  const { database } = fleet
  const statusOf = async (): Promise<unknown> =>
    (await database.query('SELECT status FROM chat.runs WHERE id = $1', [runId])).rows[0]
  await expect.poll(statusOf, { timeout: 20_000 }).not.toEqual({ status: 'running' })
}

const readers = 10
/** An answer that reaches the limit of its length: more than the buffers of a connection hold. */
const longAnswer = '[[fake tokens=1000000 rate=100000]]'

it('lets go of readers that do not take the end of an answer', async () => {
  const chat = await startConversation(program.owner, 'openai/fake-1')
  const { run } = await chat.accept(longAnswer)
  const before = await program.sockets()
  for (let reader = 0; reader < readers; reader++)
    await openAndStopReading(program.owner, `${chat.path}/runs/${run.id}/events`)
  await untilEnded(run.id)
  expect(await program.sockets()).toBeGreaterThanOrEqual(before + readers / 2)
  // They have ten seconds to read the rest.
  await expect.poll(() => program.sockets(), { timeout: 15_000 }).toBeLessThan(before + readers / 2)
})

it.each([
  ['while it is written', async () => undefined],
  ['after its end', untilEnded],
])('ends in time after SIGTERM although readers stopped reading an answer, %s', async (_, until) => {
  const chat = await startConversation(program.owner, 'openai/fake-1')
  const { run } = await chat.accept(longAnswer)
  for (let reader = 0; reader < readers; reader++) {
    await openAndStopReading(program.owner, `${chat.path}/runs/${run.id}/events`)
    await openAndStopReading(program.owner, `${program.owner.base}/sync`)
  }
  await until(run.id)
  const stoppedAt = performance.now()
  program.signal('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(performance.now() - stoppedAt).toBeLessThan(12_000)
})
