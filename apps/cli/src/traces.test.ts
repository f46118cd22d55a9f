import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { encodeTraces, type OtlpSpan } from '@atrium/wire/otlp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runAtrium, startAtrium, type Running } from './testing/run.ts'
import { configFolder, signIn } from './testing/signed-in.ts'

const scope = new AsyncDisposableStack()
let server: TestServer
let owner: Person
let env: Record<string, string>
let key: string

beforeAll(async () => {
  server = scope.use(await startTestServer())
  owner = await server.owner()
  env = { ATRIUM_CONFIG_DIR: await configFolder(scope), ATRIUM_URL: server.url }
  await signIn(owner, env)
  const scopes = ['telemetry:write']
  const made = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
    name: 'agent',
    scopes,
  })
  key = made.body.secret
})
afterAll(() => scope.disposeAsync())

const traceOf = (digit: number): string => String(digit).repeat(32)
const spanIdOf = (digit: number): string => String(digit).repeat(16)

interface Told {
  readonly trace: number
  readonly span: number
  readonly parent?: number
  readonly name: string
  readonly atMs?: number
  readonly tookMs?: number
  readonly failed?: string
  readonly attributes?: Readonly<Record<string, string | number>>
}

/** A span that ended a moment ago. */
function spanOf(told: Told): OtlpSpan {
  const startNs = BigInt(Date.now() - 20_000 + (told.atMs ?? 0)) * 1_000_000n
  return {
    traceId: traceOf(told.trace),
    spanId: spanIdOf(told.span),
    parentSpanId: told.parent === undefined ? '' : spanIdOf(told.parent),
    traceState: '',
    name: told.name,
    kind: 1,
    startNs,
    endNs: startNs + BigInt(told.tookMs ?? 1000) * 1_000_000n,
    attributes: new Map(
      Object.entries({ ...told.attributes, ...(told.failed ? { 'error.type': told.failed } : {}) }),
    ),
    events: [],
    links: [],
    status: { code: told.failed === undefined ? 0 : 2, message: '' },
    dropped: 0,
  }
}

async function send(told: readonly Told[]): Promise<void> {
  const resource = new Map([['service.name', 'shop']])
  const batch = {
    resource,
    scope: { name: '', version: '', attributes: new Map() },
    records: told.map(spanOf),
  }
  const reply = await fetch(new URL('/v1/traces', server.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-protobuf' },
    body: Buffer.from(encodeTraces([batch], 'protobuf')),
  })
  expect(reply.status).toBe(200)
}

const agent = (name: string) => ({ 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name })

const run: readonly Told[] = [
  { trace: 1, span: 1, name: 'invoke_agent shopper', tookMs: 9000, attributes: agent('shopper') },
  {
    trace: 1,
    span: 2,
    parent: 1,
    name: 'chat gpt-5',
    atMs: 100,
    tookMs: 2300,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-5',
      'gen_ai.usage.input_tokens': 1200,
      'gen_ai.usage.cache_read.input_tokens': 200,
      'gen_ai.usage.output_tokens': 34,
      'gen_ai.usage.cost': 0.0021,
      'gen_ai.response.time_to_first_chunk': 0.45,
    },
  },
  { trace: 1, span: 3, parent: 1, name: 'execute_tool search', atMs: 3000, failed: 'timeout' },
  { trace: 1, span: 4, parent: 3, name: 'GET\n  /shoes', atMs: 3100, tookMs: 5 },
  { trace: 1, span: 5, parent: 9, name: 'lost', atMs: 4000, tookMs: 65_000 },
]

describe('a trace', () => {
  it('is shown as a tree with what each span took, used and cost', async () => {
    await send(run)
    const { out, code } = await runAtrium(['traces', 'show', traceOf(1)], { env })
    expect(code).toBe(0)
    const [head = '', tree = ''] = out.split('\n\n')
    expect(head).toMatch(/^spans +5 \(1 failed\)$/m)
    expect(head).toMatch(/^cost +\$0\.0021$/m)
    expect(
      tree
        .split('\n')
        .map((line) => line.split(/ {2,}/).filter(Boolean).join('|'))
        .filter(Boolean),
    ).toEqual([
      'SPAN|TOOK|FIRST TOKEN|INPUT|OUTPUT|COST|ERROR',
      'invoke_agent shopper|9.0 s',
      '├─ chat gpt-5|2.3 s|450 ms|1,200|34|$0.0021',
      '└─ execute_tool search|1.0 s|timeout',
      expect.stringMatching(/^└─ GET/),
      'lost|1 min 5 s',
    ])
    expect(tree).toContain('   └─ GET   /shoes')
  })

  it('with --json is the trace and all its spans', async () => {
    const { out } = await runAtrium(['traces', 'show', traceOf(1), '--json'], { env })
    const shown = JSON.parse(out) as { trace: { id: string }; spans: { id: string }[] }
    expect(shown.trace.id).toBe(traceOf(1))
    expect(shown.spans.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5].map(spanIdOf))
  })

  it('whose spans are their own ancestors is shown with each of them once', async () => {
    await send([
      { trace: 2, span: 1, parent: 2, name: 'one' },
      { trace: 2, span: 2, parent: 1, name: 'two', atMs: 10 },
      { trace: 2, span: 3, parent: 3, name: 'self', atMs: 20 },
    ])
    const { out } = await runAtrium(['traces', 'show', traceOf(2)], { env })
    expect(out.match(/one|two|self/g)).toEqual(['one', 'one', 'two', 'self'])
  })

  it.each([
    ['4 for one that is not there', traceOf(8), 4],
    ['2 for what is no id', 'nonsense', 2],
  ])('ends with %s', async (_, id, code) => {
    expect((await runAtrium(['traces', 'show', id], { env })).code).toBe(code)
  })
})

async function nextOf(tail: Running): Promise<string> {
  const { value } = await tail.lines.next()
  return value ?? ''
}

/** A tail that has read what was there. */
async function startTail(args: readonly string[]): Promise<Running> {
  const tail = startAtrium(['traces', 'tail', ...args], { env })
  scope.defer(() => tail.interrupt())
  return tail
}

describe('the tail', () => {
  it('gives what is there, then what arrives, each trace once its root is there', async () => {
    await send([{ trace: 3, span: 1, name: 'before', attributes: agent('walker') }])
    const tail = await startTail(['--agent', 'walker', '--json', '--last', '1'])
    expect(JSON.parse(await nextOf(tail))).toMatchObject({ id: traceOf(3), name: 'before' })
    await send([{ trace: 4, span: 2, parent: 1, name: 'part', attributes: agent('walker') }])
    await send([{ trace: 5, span: 1, name: 'of another agent', attributes: agent('runner') }])
    await send([{ trace: 6, span: 1, name: 'whole', atMs: -9000, attributes: agent('walker') }])
    expect(JSON.parse(await nextOf(tail))).toMatchObject({ id: traceOf(6), name: 'whole' })
    await send([{ trace: 4, span: 1, name: 'root of it', attributes: agent('walker') }])
    expect(JSON.parse(await nextOf(tail))).toMatchObject({ id: traceOf(4), name: 'root of it', spans: 2 })
    tail.interrupt()
    expect((await tail.done).out.trim().split('\n')).toHaveLength(3)
  })

  it('has a line for people, and says when it waits', async () => {
    const tail = await startTail(['--status', 'error', '--last', '5'])
    const line = await nextOf(tail)
    expect(line).toContain('1 failed')
    expect(line).toContain('invoke_agent shopper')
    expect(line).toContain('$0.0021')
    expect(line).toContain(traceOf(1))
    for await (const note of tail.errorLines) if (note.includes('Waiting')) break
    tail.interrupt()
    await tail.done
  })
})
