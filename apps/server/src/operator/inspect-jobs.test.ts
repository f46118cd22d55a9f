import { startTestServer, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { readCommand } from '#platform/config'
import { inspect, type Finding } from './index.ts'

let server: TestServer
const logged: string[] = []

beforeAll(async () => {
  server = await startTestServer({ onLog: (line) => logged.push(line) })
})
afterAll(() => server[Symbol.asyncDispose]())

async function scheduledWork(): Promise<Finding | undefined> {
  const { adminUrl, secret } = inject('cluster')
  const url = new URL(adminUrl)
  url.pathname = new URL(server.roles.owner).pathname
  const environment = {
    DATABASE_URL: url.toString(),
    ATRIUM_DATA_DIR: server.dataDir,
    ATRIUM_SECRET: secret,
  }
  const command = readCommand({ argv: [], environment })
  if (command.kind !== 'start') throw new Error('the configuration asks for something else')
  return (await inspect(command.config)).find(({ name }) => name === 'scheduled work')
}

async function runNow(name: string): Promise<void> {
  const boss = new PgBoss({ connectionString: server.roles.job, schema: 'jobs', max: 1 })
  await boss.start()
  await boss.send(name)
  await boss.stop()
}

it('tells what failed when it last ran, until it runs well again', async () => {
  expect(await scheduledWork()).toMatchObject({ status: 'ok' })
  const owner = new pg.Client({ connectionString: server.roles.owner })
  await owner.connect()
  await owner.query('ALTER FUNCTION traces.open_day(text, date) RENAME TO open_day_later')
  await runNow('traces.days')
  await expect
    .poll(scheduledWork, { timeout: 30_000, interval: 500 })
    .toMatchObject({ status: 'failed', message: expect.stringMatching(/traces\.days at .*: .*open_day/) })
  expect(logged.some((line) => line.includes('scheduled work failed') && line.includes('traces.days'))).toBe(
    true,
  )

  await owner.query('ALTER FUNCTION traces.open_day_later(text, date) RENAME TO open_day')
  await owner.end()
  await runNow('traces.days')
  await expect.poll(scheduledWork, { timeout: 30_000, interval: 500 }).toMatchObject({ status: 'ok' })
}, 90_000)
