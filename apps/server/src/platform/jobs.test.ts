import { randomUUID } from 'node:crypto'
import { startTestServer, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBus } from './bus.ts'
import { createClock } from './clock.ts'
import { openDatabase } from './db.ts'
import { createEvents } from './events.ts'
import { openJobs } from './jobs.ts'
import { silentLog } from './log.ts'

let server: TestServer
const scope = new AsyncDisposableStack()

beforeAll(async () => {
  server = scope.use(await startTestServer())
  // Its database is what counts here; its own jobs would take the events away.
  await server.running[Symbol.asyncDispose]()
})

afterAll(() => scope.disposeAsync())

it('ends each job of a batch on its own: the one that failed comes again, the others do not', async () => {
  const log = silentLog()
  const { app, job } = server.roles
  const bus = scope.use(await openBus(app, log))
  const open = (url: string) =>
    scope.use(openDatabase({ url, maxConnections: 4, log, applicationName: 'atrium-test' }))
  const [db, jobDb] = [open(app), open(job)]
  const events = createEvents({ db, bus, clock: createClock() })
  const jobs = scope.use(await openJobs({ url: job, db: jobDb, bus, log }))

  const calls: number[] = []
  await jobs.on('counted', 'test.counted', async ({ payload }) => {
    const number = Number(payload['number'])
    calls.push(number)
    if (number === 1 && calls.filter((call) => call === 1).length === 1) throw new Error('not this time')
  })
  const workspaceId = randomUUID()
  await db.withWorkspace(workspaceId, async (tx) => {
    for (const number of [0, 1, 2, 3, 4, 5, 6])
      await events.publish(tx, { type: 'counted', workspaceId, payload: { number } })
  })
  await jobs.start()

  await expect.poll(() => calls.filter((call) => call === 1).length, { timeout: 20_000 }).toBe(2)
  expect(calls.toSorted((one, other) => one - other)).toEqual([0, 1, 1, 2, 3, 4, 5, 6])
})
