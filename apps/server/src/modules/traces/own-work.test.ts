import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Alias, RouteReply, SpanDetail, SpanSummary, traceRoutes, TurnAccepted } from '@atrium/contract'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import type { OtlpSpan } from '@atrium/wire/otlp'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hex, keyOf, spanOf } from './testing/spans.ts'

type Reply<Name extends keyof typeof traceRoutes> = RouteReply<(typeof traceRoutes)[Name]>

let provider: FakeProvider
let server: TestServer
let owner: Person
let key: string
let database: pg.Client

beforeAll(async () => {
  provider = await startFakeProvider()
  server = await startTestServer({
    environment: {
      ATRIUM_EGRESS_ALLOW: '127.0.0.1/32',
      OPENAI_API_KEY: 'fake-key',
      OPENAI_BASE_URL: `${provider.url}/v1`,
    },
  })
  owner = await server.owner()
  key = await keyOf(owner, ['gateway:call'])
  database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await server[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const model = 'openai/fake-1'

/** The spans of a trace once there are as many, and the milliseconds until they were there. */
async function spansOf(traceId: string, count: number, reader = owner): Promise<SpanSummary[]> {
  const deadline = performance.now() + 2000
  for (;;) {
    const { status, body } = await reader.client.get<Reply<'listSpans'>>(
      `${reader.base}/traces/${traceId}/spans`,
      { allowFailure: true },
    )
    if (status === 200 && body.data.length >= count) return body.data
    if (performance.now() > deadline) throw new Error(`the trace is not there after two seconds: ${status}`)
    await sleep(50)
  }
}

const detail = async (traceId: string, { id }: SpanSummary, reader = owner): Promise<SpanDetail> =>
  (await reader.client.get<Reply<'readSpan'>>(`${reader.base}/traces/${traceId}/spans/${id}`)).body

const named = (spans: SpanSummary[], name: string): SpanSummary => {
  const found = spans.find((span) => span.name === name)
  if (!found) throw new Error(`no span ${name} among ${spans.map((span) => span.name).join(', ')}`)
  return found
}

const textsOf = (messages: SpanDetail['input']): unknown[] =>
  messages.flatMap(({ parts }) => parts.map((part) => part['content']))

const attributesOf = ({ attributes }: SpanDetail): Map<string, unknown> =>
  new Map(attributes.map(({ name, value }) => [name, value]))

const call = (body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL('/v1/chat/completions', server.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

const ask = (content: string, more: object = {}) => ({
  model,
  messages: [{ role: 'user', content }],
  ...more,
})

/** The trace of a call that began one of its own. */
const traceOf = (reply: Response): string => (reply.headers.get('x-atrium-call') ?? '').replaceAll('-', '')

const callerOf = () => {
  const caller = { traceId: hex(16), spanId: hex(8) }
  return { ...caller, traceparent: `00-${caller.traceId}-${caller.spanId}-01` }
}

describe('a turn in the chat', () => {
  it('is a trace that its trace id opens within two seconds: the turn, its call, tokens, cost, messages', async () => {
    const chat = await startConversation(owner, model)
    await chat.send('Hello there [[fake tokens=12 input=100]]')
    const { messages } = await chat.open()
    const answer = messages[1]
    const traceId = answer?.traceId ?? ''

    const spans = await spansOf(traceId, 2)
    const turn = named(spans, 'invoke_agent Chat')
    const called = named(spans, `chat ${model}`)
    expect(turn).toMatchObject({
      parentId: null,
      status: 'unset',
      session: chat.id,
      user: owner.id,
      agent: 'Chat',
    })
    expect(called).toMatchObject({
      parentId: turn.id,
      operation: 'chat',
      provider: 'openai',
      model: 'fake-1',
      session: chat.id,
      status: 'unset',
      tokens: { input: 100, output: 12 },
      costNanoUsd: answer?.costNanoUsd ?? null,
    })
    expect(called.firstTokenMs).toBeGreaterThan(0)
    const shown = await detail(traceId, called)
    expect(textsOf(shown.input).join('\n')).toContain('Hello there')
    expect(textsOf(shown.output)).toEqual([
      answer?.content[0]?.type === 'text' ? answer.content[0].text : null,
    ])
    expect(shown.output[0]?.finishReason).toBe('stop')
    expect(attributesOf(await detail(traceId, turn)).get('atrium.message.id')).toBe(answer?.id)
  })

  it('keeps its messages from everybody but the person, who wrote them in private', async () => {
    const chat = await startConversation(owner, model)
    await chat.send('Nobody else may read this [[fake tokens=5]]')
    const traceId = (await chat.open()).messages[1]?.traceId ?? ''
    const called = named(await spansOf(traceId, 2), `chat ${model}`)
    const admin = await server.invite(owner, 'admin')
    const other = { ...admin, base: owner.base }
    const seen = await detail(traceId, called, other)
    expect(seen).toMatchObject({ withheld: true, input: [], output: [], tokens: { output: 5 } })
    expect(JSON.stringify(seen)).not.toContain('Nobody else')

    const secret = await keyOf(owner, ['trace:read'])
    const byKey = await fetch(new URL(`${owner.base}/traces/${traceId}/spans/${called.id}`, server.url), {
      headers: { authorization: `Bearer ${secret}` },
    })
    expect(byKey.status).toBe(200)
    expect(await byKey.text()).not.toContain('Nobody else')
  })

  it('that is stopped is no error and says so', async () => {
    const chat = await startConversation(owner, model)
    const { run } = await chat.accept('[[fake tokens=2000 rate=50]]')
    await sleep(200)
    await owner.client.post(`${chat.path}/runs/${run.id}/stop`, {})
    const spans = await spansOf(run.traceId, 2)
    expect(spans.filter(({ status }) => status !== 'unset')).toEqual([])
    const turn = await detail(run.traceId, named(spans, 'invoke_agent Chat'))
    expect(attributesOf(turn).get('atrium.turn.status')).toBe('stopped')
    const called = await detail(run.traceId, named(spans, `chat ${model}`))
    expect(attributesOf(called).get('atrium.call.status')).toBe('aborted')
    expect(String(textsOf(called.output)[0]).length).toBeGreaterThan(0)
  })

  it('that fails is an error with its code, in the turn and in its call', async () => {
    const chat = await startConversation(owner, model)
    const { run } = await chat.accept('[[fake fault=status:401]]')
    const spans = await spansOf(run.traceId, 2)
    expect(spans.slice(0, 2).map(({ status, errorType }) => [status, errorType])).toEqual([
      ['error', 'PROVIDER_AUTHENTICATION'],
      ['error', 'PROVIDER_AUTHENTICATION'],
    ])
    // Providers quote what was asked.
    const admin = await server.invite(owner, 'admin')
    const [mine, theirs] = await Promise.all(
      [owner, { ...admin, base: owner.base }].map((reader) =>
        detail(run.traceId, spans[1] as SpanSummary, reader),
      ),
    )
    expect(mine?.statusMessage).not.toBe('')
    expect(theirs?.statusMessage).toBe('')
  })

  it('belongs to the trace of whoever asked for it over the API', async () => {
    const chat = await startConversation(owner, model)
    const { traceId, spanId, traceparent } = callerOf()
    const id = randomUUID()
    const { body } = await owner.client.post<TurnAccepted>(
      `${chat.path}/turns`,
      { parentId: null, message: { id, content: [{ type: 'text', text: 'hi [[fake tokens=3]]' }] } },
      { headers: { 'idempotency-key': id, traceparent } },
    )
    expect(body.run.traceId).toBe(traceId)
    expect(named(await spansOf(traceId, 2), 'invoke_agent Chat').parentId).toBe(spanId)
  })

  it('is followed in its trace by the job that names the conversation', async () => {
    const chat = await startConversation(owner, model)
    await chat.send('Name this [[fake tokens=4]]')
    const traceId = (await chat.open()).messages[1]?.traceId ?? ''
    await expect
      .poll(async () => (await spansOf(traceId, 2)).map(({ name }) => name), { timeout: 10_000 })
      .toContain('job chat.title')
    const spans = await spansOf(traceId, 4)
    const turn = named(spans, 'invoke_agent Chat')
    const job = named(spans, 'job chat.title')
    expect(job).toMatchObject({ parentId: turn.id, kind: 'consumer' })
    expect(spans.filter(({ parentId }) => parentId === job.id).map(({ operation }) => operation)).toEqual([
      'chat',
    ])
  })
})

describe('a call of the gateway', () => {
  it.each([false, true])(
    'joins the trace of its caller, with messages and tokens (stream: %s)',
    async (stream) => {
      const { traceId, spanId, traceparent } = callerOf()
      const reply = await call(ask('What is it? [[fake text="It is this." input=50]]', { stream }), {
        traceparent,
        'x-atrium-affinity': 'case-7',
        'x-atrium-metadata': '{"ticket":"T-1"}',
      })
      await reply.text()
      const [span] = await spansOf(traceId, 1)
      expect(span).toMatchObject({
        parentId: spanId,
        name: `chat ${model}`,
        kind: 'server',
        model: 'fake-1',
        provider: 'openai',
        session: 'case-7',
        user: owner.id,
        service: 'atrium',
        tokens: { input: 50 },
      })
      const shown = await detail(traceId, span as SpanSummary)
      expect(textsOf(shown.input).join()).toContain('What is it?')
      expect(textsOf(shown.output)).toEqual(['It is this.'])
      expect(shown.withheld).toBe(false)
      const attributes = attributesOf(shown)
      expect(attributes.get('atrium.metadata.ticket')).toBe('T-1')
      expect(attributes.get('atrium.key.name')).toBe('Agent')
      expect(attributes.get('atrium.gateway.dialect')).toBe('openai-chat')
      expect(attributes.get('atrium.route.chosen')).toBe(model)
    },
  )

  it('begins a trace under the id of the call without a caller’s', async () => {
    const reply = await call(ask('[[fake tokens=3]]'))
    await reply.text()
    const [span] = await spansOf(traceOf(reply), 1)
    expect(span).toMatchObject({ parentId: null, status: 'unset' })
  })

  it('shows what was translated as it was said', async () => {
    const reply = await fetch(new URL('/v1/messages', server.url), {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({
        ...ask('Translate [[fake text="Done."]]'),
        max_tokens: 20,
        system: 'Be brief.',
      }),
    })
    await reply.text()
    const traceId = traceOf(reply)
    const [span] = await spansOf(traceId, 1)
    const shown = await detail(traceId, span as SpanSummary)
    expect(shown.input.map(({ role }) => role)).toEqual(['system', 'user'])
    expect(textsOf(shown.output)).toEqual(['Done.'])
  })

  it('shows every attempt when the first one failed', async () => {
    const other = await startFakeProvider()
    await using _ = other
    for (const [slug, url] of [
      ['first', other.url],
      ['second', provider.url],
    ])
      await owner.client.post(`${owner.base}/connections`, {
        name: slug,
        slug,
        kind: 'openai',
        baseUrl: `${url}/v1`,
        apiKey: 'sk-fake',
      })
    other.enqueue({ fault: 'status:503' })
    const { body: alias } = await owner.client.post<Alias>(`${owner.base}/aliases`, {
      name: 'either',
      policy: {
        plan: {
          strategy: 'priority',
          targets: [
            { model: 'first/fake-1', priority: 1 },
            { model: 'second/fake-1', priority: 2 },
          ],
        },
      },
    })
    const reply = await call(ask('[[fake tokens=3]]', { model: alias.name }))
    await reply.text()
    const traceId = traceOf(reply)
    const spans = await spansOf(traceId, 3)
    const root = named(spans, 'chat either')
    expect(root).toMatchObject({ status: 'unset', model: 'fake-1' })
    expect(named(spans, 'attempt first/fake-1')).toMatchObject({
      parentId: root.id,
      status: 'error',
      errorType: 'PROVIDER_OVERLOADED',
    })
    expect(named(spans, 'attempt second/fake-1')).toMatchObject({ parentId: root.id, status: 'unset' })
    const why = attributesOf(await detail(traceId, root))
    expect(why.get('atrium.route.policy')).toBe('priority')
    expect(String(why.get('atrium.route.candidates'))).toContain('first/fake-1')
    // What it cost and used counts once.
    const { body } = await owner.client.get<Reply<'readTrace'>>(`${owner.base}/traces/${traceId}`)
    expect(body).toMatchObject({ modelCalls: 1, spans: 3, costNanoUsd: root.costNanoUsd })
  })

  it('that is refused before anybody is called is there too', async () => {
    const { traceId, traceparent } = callerOf()
    const reply = await call(ask('hi', { model: 'openai/no-such-model' }), { traceparent })
    expect(reply.status).toBe(404)
    const [span] = await spansOf(traceId, 1)
    expect(span).toMatchObject({
      name: 'POST /v1/chat/completions',
      status: 'error',
      errorType: 'MODEL_NOT_FOUND',
    })
  })

  it('leaves secrets out of what is stored', async () => {
    const { traceId, traceparent } = callerOf()
    const secret = `sk-proj-${'aB3dE5fG7h'.repeat(5)}`
    const reply = await call(
      ask(`My key is ${secret} and I am jane@example.com [[fake text="Noted ${secret}"]]`),
      {
        traceparent,
      },
    )
    await reply.text()
    const [span] = await spansOf(traceId, 1)
    const text = JSON.stringify(await detail(traceId, span as SpanSummary))
    expect(text).toContain('[redacted:')
    expect(text).not.toContain(secret)
    expect(text).not.toContain('jane@example.com')
  })

  it('is seen in its own workspace only', async () => {
    const { traceId, traceparent } = callerOf()
    await (await call(ask('[[fake tokens=3]]'), { traceparent })).text()
    await spansOf(traceId, 1)
    const { body } = await owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Elsewhere' })
    const { status } = await owner.client.get(`/api/v1/workspaces/${body.id}/traces/${traceId}`, {
      allowFailure: true,
    })
    expect(status).toBe(404)
  })
})

describe('work that cannot be kept', () => {
  const note = (chars: number, describe: () => OtlpSpan[]): void =>
    server.running.platform.telemetry.note({
      workspaceId: owner.workspaceId,
      privateTo: null,
      chars,
      describe,
    })

  const rejected = async (): Promise<number> => {
    const { rows } = await database.query<{ rejected: string }>(
      'SELECT rejected FROM traces.arrivals WHERE workspace_id = $1 AND key_id = $2',
      [owner.workspaceId, '00000000-0000-0000-0000-000000000000'],
    )
    return Number(rows[0]?.rejected ?? 0)
  }

  it('for want of room is counted, and what had room is stored', async () => {
    const before = await rejected()
    const kept = spanOf()
    note(65 * 1024 * 1024, () => [kept])
    note(65 * 1024 * 1024, () => [spanOf()])
    note(65 * 1024 * 1024, () => [spanOf()])
    await spansOf(kept.traceId, 1)
    expect(await rejected()).toBe(before + 2)
  })

  it('because it cannot be described, or was at no possible time, is counted and keeps nothing else out', async () => {
    const before = await rejected()
    const kept = spanOf()
    note(0, () => {
      throw new Error('nobody knows what this was')
    })
    note(0, () => [spanOf({ startNs: 0n })])
    note(0, () => [kept])
    await spansOf(kept.traceId, 1)
    expect(await rejected()).toBe(before + 2)
  })
})
