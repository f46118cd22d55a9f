import { randomUUID } from 'node:crypto'
import { unlimited } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startCaller } from './testing/processes.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

const requestWith = (limits: object) => ({
  workspaceId: owner.workspaceId,
  keyId: randomUUID(),
  personId: randomUUID(),
  limits: { ...unlimited, ...limits },
  estimatedTokens: 10,
})

it('lets in exactly the limit of requests through two processes', async () => {
  await using one = await startCaller(server.roles)
  await using two = await startCaller(server.roles)
  const request = requestWith({ rpm: 25 })
  const admitted = await Promise.all([one.admit(request, 100), two.admit(request, 100)])
  expect(admitted[0] + admitted[1]).toBe(25)
})

it('frees the slots of a process that is killed, and no others, within eight seconds', async () => {
  await using killed = await startCaller(server.roles)
  await using other = await startCaller(server.roles)
  const request = requestWith({ concurrency: 10 })
  expect(await killed.admit(request, 6)).toBe(6)
  expect(await other.admit(request, 10)).toBe(4)
  killed.signal('SIGKILL')
  let freed = 0
  const seenMost = async (): Promise<number> => (freed += await other.admit(request, 1))
  await expect.poll(seenMost, { timeout: 9000, interval: 50 }).toBe(6)
  expect(await other.admit(request, 5)).toBe(0)
}, 20_000)

it('counts a process that was paused for longer than its lease again with what it holds', async () => {
  await using paused = await startCaller(server.roles)
  await using other = await startCaller(server.roles)
  const request = requestWith({ concurrency: 10 })
  expect(await paused.admit(request, 3)).toBe(3)
  paused.signal('SIGSTOP')
  let taken = 0
  const takeAll = async (): Promise<number> => (taken += await other.admit(request, 1))
  await expect.poll(takeAll, { timeout: 25_000, interval: 50 }).toBe(10)
  paused.signal('SIGCONT')
  await expect.poll(() => paused.admit(request, 1), { timeout: 3000 }).toBe(0)
  // Three calls go on beyond the limit: they end before anything new begins.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  await other.release(3)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(await other.admit(request, 1)).toBe(0)
  await paused.release(3)
  await expect.poll(() => other.admit(request, 1), { timeout: 3000 }).toBe(1)
}, 30_000)
