import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RouteReply, traceRoutes } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runAtrium } from './testing/run.ts'
import { configFolder, signIn } from './testing/signed-in.ts'

type Page = RouteReply<typeof traceRoutes.listTraces>

const scope = new AsyncDisposableStack()
let server: TestServer
let owner: Person
let env: Record<string, string>

beforeAll(async () => {
  server = scope.use(await startTestServer())
  owner = await server.owner()
  env = { ATRIUM_CONFIG_DIR: await configFolder(scope), ATRIUM_URL: server.url }
  await signIn(owner, env)
})
afterAll(() => scope.disposeAsync())

const until = new Date(Math.floor(Date.now() / 1000) * 1000 - 3_600_000).toISOString()
const options = ['seed', '--days', '3', '--until', until, '--yes', '--json']

interface Made {
  readonly spans: number
  readonly traces: number
  readonly requests: number
  readonly repeats: number
  readonly costNanoUsd: string
}

async function seed(args: readonly string[], own: Record<string, string> = env): Promise<Made> {
  const { code, out, err } = await runAtrium([...options, ...args], { env: own })
  if (code !== 0) throw new Error(err)
  return JSON.parse(out) as Made
}

async function allTraces(person: Person): Promise<Page['data']> {
  const all: Page['data'] = []
  let cursor: string | null = null
  do {
    const path: string = `${person.base}/traces?limit=100${cursor ? `&cursor=${cursor}` : ''}`
    const page: Page = (await person.client.get<Page>(path)).body
    all.push(...page.data)
    cursor = page.meta.nextCursor
  } while (cursor)
  return all
}

const keysOf = async (person: Person) =>
  (await person.client.get<{ data: unknown[] }>(`${person.base}/api-keys`)).body.data

/** Sends requests on, but answers the first two that there is no room. */
async function busyServer() {
  let refusals = 0
  const proxy = createServer((incoming, response) => {
    if (incoming.url === '/v1/traces' && refusals < 2) {
      refusals += 1
      incoming.resume()
      response.writeHead(refusals === 1 ? 503 : 429, { 'retry-after': '1' }).end()
      return
    }
    const onward = forward(
      new URL(incoming.url ?? '/', server.url),
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    incoming.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  scope.defer(() => void proxy.close())
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

describe('seeding', () => {
  it('stores what it says, once, however often it runs', async () => {
    const made = await seed(['--spans', '3000'])
    const stored = await allTraces(owner)
    const sum = (of: (one: Page['data'][number]) => number) => stored.reduce((all, one) => all + of(one), 0)
    expect(made.spans).toBe(3000)
    expect(stored).toHaveLength(made.traces)
    expect(sum(({ spans }) => spans)).toBe(3000)
    expect(String(sum(({ costNanoUsd }) => Number(costNanoUsd ?? 0)))).toBe(made.costNanoUsd)
    expect(new Set(stored.map(({ agent }) => agent))).toContain('support')
    expect(stored.every(({ hasRoot, environment, session }) => hasRoot && environment && session)).toBe(true)
    expect(await keysOf(owner)).toEqual([])

    expect(await seed(['--spans', '3000'])).toMatchObject({ spans: 3000, traces: made.traces })
    expect(await allTraces(owner)).toEqual(stored)
  })

  it('with a key that may only send waits as long as a busy server says', async () => {
    const { body } = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
      name: 'sender',
      scopes: ['telemetry:write'],
    })
    const before = await allTraces(owner)
    const startedAt = performance.now()
    const own = { ...env, ATRIUM_API_KEY: body.secret, ATRIUM_URL: await busyServer() }
    const made = await seed(['--spans', '1200', '--seed', '7'], own)
    expect(made.repeats).toBe(2)
    expect(performance.now() - startedAt).toBeGreaterThan(1000)
    expect(await allTraces(owner)).toHaveLength(before.length + made.traces)
  })

  it('sends nothing when it is told so', async () => {
    const before = await allTraces(owner)
    expect(await seed(['--spans', '500', '--seed', '9', '--dry-run'])).toMatchObject({
      spans: 500,
      sent: false,
    })
    expect(await allTraces(owner)).toEqual(before)
  })

  it.each([
    ['2 without an agreement', ['seed', '--spans', '10'], 2],
    ['2 for a time to come', ['seed', '--until', '2100-01-01', '--yes'], 2],
    ['2 for more days than are taken', ['seed', '--days', '400', '--yes'], 2],
    ['2 for no spans', ['seed', '--spans', '0', '--yes'], 2],
    ['3 where nobody is signed in', [...options, '--url', 'http://127.0.0.1:9'], 3],
  ])('ends with %s', async (_, args, code) => {
    expect((await runAtrium(args, { env })).code).toBe(code)
  })

  it('ends with 5 for a key that may not send, and with 3 for none that is known', async () => {
    const { body } = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
      name: 'reader',
      scopes: ['trace:read'],
    })
    const codeOf = async (ATRIUM_API_KEY: string) =>
      (await runAtrium([...options, '--spans', '10'], { env: { ...env, ATRIUM_API_KEY } })).code
    expect(await codeOf(body.secret)).toBe(5)
    expect(await codeOf(`atr_${'x'.repeat(43)}`)).toBe(3)
  })
})
