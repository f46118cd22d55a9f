import { startTestServer, type TestServer } from '@atrium/testkit'
import { encodeTraces, type AttributeValue, type OtlpSpan } from '@atrium/wire/otlp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runAtrium } from './testing/run.ts'
import { configFolder, signIn } from './testing/signed-in.ts'

const scope = new AsyncDisposableStack()
let server: TestServer
let env: Record<string, string>

beforeAll(async () => {
  server = scope.use(await startTestServer())
  const owner = await server.owner()
  env = { ATRIUM_CONFIG_DIR: await configFolder(scope), ATRIUM_URL: server.url }
  await signIn(owner, env)
  const { body } = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
    name: 'agent',
    scopes: ['telemetry:write'],
  })
  const records = [
    ...Array.from({ length: 8 }, (_, index) => callOf(index, 'gpt-5', 1000, index === 0)),
    callOf(8, 'claude-sonnet-5', 4000, false),
    spanOf(9, 2500, [
      ['gen_ai.operation.name', 'invoke_agent'],
      ['gen_ai.agent.name', 'shopper'],
    ]),
  ]
  const origin = { resource: new Map(), scope: { name: '', version: '', attributes: new Map() } }
  const reply = await fetch(new URL('/v1/traces', server.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${body.secret}`, 'content-type': 'application/x-protobuf' },
    body: Buffer.from(encodeTraces([{ ...origin, records }], 'protobuf')),
  })
  expect(reply.status).toBe(200)
})
afterAll(() => scope.disposeAsync())

function spanOf(
  index: number,
  tookMs: number,
  attributes: readonly (readonly [string, AttributeValue])[],
  failed = false,
): OtlpSpan {
  const startNs = BigInt(Date.now() - 30_000) * 1_000_000n
  return {
    traceId: '1'.repeat(32),
    spanId: `${index + 1}`.padStart(16, '0'),
    parentSpanId: index === 9 ? '' : '10'.padStart(16, '0'),
    traceState: '',
    name: 'a span',
    kind: 1,
    startNs,
    endNs: startNs + BigInt(tookMs) * 1_000_000n,
    attributes: new Map(attributes),
    events: [],
    links: [],
    status: { code: failed ? 2 : 0, message: '' },
    dropped: 0,
  }
}

const callOf = (index: number, model: string, tookMs: number, failed: boolean): OtlpSpan =>
  spanOf(
    index,
    tookMs,
    [
      ['gen_ai.operation.name', 'chat'],
      ['gen_ai.agent.name', 'shopper'],
      ['gen_ai.request.model', model],
      ['gen_ai.usage.input_tokens', 900],
      ['gen_ai.usage.output_tokens', 100],
      ...(model === 'gpt-5' ? [['gen_ai.usage.cost', 0.002] as const] : []),
    ],
    failed,
  )

interface Row {
  readonly name: string | null
  readonly calls: number
  readonly errors: number
  readonly tokensPerMinute: number
  readonly costNanoUsd: string | null
  readonly p50Ms: number | null
}
interface Top {
  readonly total: Row
  readonly models: readonly Row[]
  readonly agents: readonly Row[]
}

const read = async (): Promise<Top> =>
  JSON.parse((await runAtrium(['top', '--window', '5m', '--json'], { env })).out) as Top

describe('top', () => {
  it('tells what each model and each agent did, the most used first', async () => {
    await expect.poll(async () => (await read()).total.calls, { timeout: 15_000 }).toBe(9)
    const { total, models, agents } = await read()
    expect(models).toMatchObject([
      { name: 'gpt-5', calls: 8, errors: 1, costNanoUsd: '16000000', unpriced: 0 },
      { name: 'claude-sonnet-5', calls: 1, errors: 0, costNanoUsd: null, unpriced: 1 },
    ])
    expect(agents).toMatchObject([{ name: 'shopper', calls: 1, errors: 0, costNanoUsd: '16000000' }])
    expect(models[0]?.p50Ms).toBeGreaterThan(985)
    expect(models[0]?.p50Ms).toBeLessThan(1015)
    expect(agents[0]?.p50Ms).toBeGreaterThan(2460)
    // Nine thousand tokens in five minutes and the part of this one that has passed.
    expect(total.tokensPerMinute).toBeGreaterThan(1490)
    expect(total.tokensPerMinute).toBeLessThanOrEqual(1800)
  })

  it('is printed once where no terminal is', async () => {
    const { out, code } = await runAtrium(['top', '--window', '5m'], { env })
    expect(code).toBe(0)
    expect(out).toMatch(/^gpt-5 +8 +1 \(12\.5 %\) +[\d,]+ +\$0\.016 +/m)
    expect(out).toMatch(/^claude-sonnet-5 +1 +0 +\d+ +unknown +/m)
    expect(out).toMatch(/^shopper +1 /m)
  })

  it('with a span that is none is a wrong use', async () => {
    expect((await runAtrium(['top', '--window', 'long'], { env })).code).toBe(2)
    expect((await runAtrium(['top', '--window', '8d'], { env })).code).toBe(2)
  })
})
