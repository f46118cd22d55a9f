import { randomUUID } from 'node:crypto'
import { createClient, startTestServer, type TestClient, type TestServer } from '@atrium/testkit'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { createHttpServer, mount, type Caller } from '../http.ts'

let server: TestServer
let app: FastifyInstance
let client: TestClient
let runs = 0

const caller: Caller = {
  kind: 'session',
  credentialId: randomUUID(),
  personId: randomUUID(),
  name: 'Ada',
  isOperator: false,
  workspaceId: null,
  scopes: null,
}

beforeAll(async () => {
  server = await startTestServer()
  const { config, log, db, telemetry, consistency } = server.running.platform
  app = await createHttpServer({
    config,
    log,
    db,
    telemetry,
    consistency,
    metrics: null,
    gatekeeper: {
      authenticate: async () => caller,
      admit: async () => null,
      watch: () => ({
        signal: new AbortController().signal,
        onEnd: () => undefined,
        release: () => undefined,
      }),
    },
  })
  const anything = z.record(z.string(), z.unknown())
  mount(
    app,
    {
      id: 'count',
      method: 'POST',
      path: '/count',
      summary: 'Counts',
      tag: 'test',
      access: 'person',
      query: z.object({ one: z.string().optional(), two: z.string().optional() }),
      body: anything,
      response: z.object({ run: z.number() }),
    },
    async () => ({ run: ++runs }),
  )
  client = createClient(await app.listen({ host: '127.0.0.1', port: 0 }))
})
afterAll(async () => {
  await app.close()
  await server[Symbol.asyncDispose]()
})

/** Sends a body of free form as it stands; gives the status and which run answered. */
async function send(
  key: string,
  body: string,
  query = '',
): Promise<[status: number, run: number | undefined]> {
  const response = await client.raw(`/count${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body,
  })
  return [response.status, ((await response.json()) as { run?: number }).run]
}

it('takes a body with its keys in another order, at any depth, for the same request', async () => {
  const key = randomUUID()
  const [status, run] = await send(key, '{"a":1,"b":{"x":[1,{"p":true,"q":null}],"y":"é"}}', '?one=1&two=2')
  expect(status).toBe(200)
  const again = '{ "b": {"y":"\\u00e9","x":[1,{"q":null,"p":true}]}, "a": 1.0 }'
  expect(await send(key, again, '?two=2&one=1')).toEqual([200, run])
})

it.each([
  ['another value', '{"a":2,"list":[1,2]}'],
  ['another order of a list', '{"a":1,"list":[2,1]}'],
  ['another key', '{"a":1,"list":[1,2],"b":1}'],
  ['a missing key', '{"a":1}'],
  ['a text for a number', '{"a":"1","list":[1,2]}'],
])('refuses a body with %s under the same key', async (_, other) => {
  const key = randomUUID()
  const before = runs
  expect(await send(key, '{"a":1,"list":[1,2]}')).toEqual([200, before + 1])
  expect(await send(key, other)).toEqual([422, undefined])
  expect(await send(key, '{"a":1,"list":[1,2]}', '?one=1')).toEqual([422, undefined])
  expect(runs).toBe(before + 1)
})
