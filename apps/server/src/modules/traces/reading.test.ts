import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { encodeTraces, type OtlpSpan } from '@atrium/wire/otlp'
import type { RouteReply, traceRoutes } from '@atrium/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { batchOf, hex, keyOf, nowNs, spanOf } from './testing/spans.ts'

type Reply<Name extends keyof typeof traceRoutes> = RouteReply<(typeof traceRoutes)[Name]>

let server: TestServer
let owner: Person

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

async function send(spans: OtlpSpan[]): Promise<void> {
  const reply = await fetch(new URL('/v1/traces', server.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await keyOf(owner, ['telemetry:write'])}`,
      'content-type': 'application/x-protobuf',
    },
    body: Buffer.from(encodeTraces(batchOf(spans), 'protobuf')),
  })
  expect(reply.status).toBe(200)
}

const list = (query: string) => owner.client.get<Reply<'listTraces'>>(`${owner.base}/traces?${query}`)

const asked = [{ role: 'user', parts: [{ type: 'text', content: 'Write to jane@example.com about shoes' }] }]

/** A trace of one agent: the agent's span, a call of a model, and a call of a tool that failed. */
function agentRun(session: string): { traceId: string; spans: OtlpSpan[] } {
  const traceId = hex(16)
  const startNs = nowNs() - 60_000_000_000n
  const root = spanOf({
    traceId,
    name: 'invoke_agent shopper',
    kind: 1,
    startNs,
    endNs: startNs + 9_000_000_000n,
    attributes: new Map([
      ['gen_ai.operation.name', 'invoke_agent'],
      ['gen_ai.agent.name', 'shopper'],
      ['gen_ai.conversation.id', session],
    ]),
  })
  const call = spanOf({
    traceId,
    parentSpanId: root.spanId,
    startNs: startNs + 1_000_001_000n,
    endNs: startNs + 3_000_001_000n,
    attributes: new Map([...spanOf().attributes, ['gen_ai.input.messages', JSON.stringify(asked)]]),
  })
  const tool = spanOf({
    traceId,
    parentSpanId: root.spanId,
    name: 'execute_tool search',
    startNs: startNs + 4_000_000_000n,
    endNs: startNs + 5_000_000_000n,
    status: { code: 2, message: 'no such shop' },
    attributes: new Map([
      ['gen_ai.operation.name', 'execute_tool'],
      ['gen_ai.tool.name', 'search'],
    ]),
  })
  return { traceId, spans: [call, tool, root] }
}

describe('reading traces', () => {
  it('lists what was sent, the newest first, with what its spans add up to', async () => {
    const session = `s-${hex(4)}`
    const { traceId, spans } = agentRun(session)
    await send(spans)

    const { body } = await list(`session=${session}`)
    expect(body.data).toEqual([
      expect.objectContaining({
        id: traceId,
        name: 'invoke_agent shopper',
        durationMs: 9000,
        hasRoot: true,
        service: 'shop',
        agent: 'shopper',
        session,
        environment: 'production',
        spans: 3,
        errors: 1,
        modelCalls: 1,
        toolCalls: 1,
        models: ['gpt-5'],
        tokens: 150,
      }),
    ])
    const one = await owner.client.get<Reply<'readTrace'>>(`${owner.base}/traces/${traceId.toUpperCase()}`)
    expect(one.body).toEqual(body.data[0])
  })

  it('finds traces by each of the things that they are about', async () => {
    const session = `s-${hex(4)}`
    await send(agentRun(session).spans)
    const matching = [
      'service=shop',
      'agent=shopper',
      'environment=production',
      'model=gpt-5',
      'status=error',
      'minDurationMs=9000',
      `from=${new Date(Date.now() - 120_000).toISOString()}`,
      `to=${new Date().toISOString()}`,
    ]
    const others = [
      'service=bakery',
      'agent=baker',
      'user=nobody',
      'environment=test',
      'model=gpt-4',
      'status=ok',
      'minDurationMs=9001',
      `from=${new Date().toISOString()}`,
      `to=${new Date(Date.now() - 120_000).toISOString()}`,
    ]
    for (const query of matching)
      expect((await list(`session=${session}&${query}`)).body.data, query).toHaveLength(1)
    for (const query of others)
      expect((await list(`session=${session}&${query}`)).body.data, query).toEqual([])
  })

  it('finds a trace by each of its models, however many there are, and once', async () => {
    const session = `s-${hex(4)}`
    const traceId = hex(16)
    const models = ['a', 'b', 'c', 'd', 'e'].map((name) => `model-${name}`)
    const call = (model: string, more: Partial<OtlpSpan>): OtlpSpan =>
      spanOf({
        attributes: new Map([
          ['gen_ai.request.model', model],
          ['gen_ai.conversation.id', session],
        ]),
        ...more,
      })
    await send(models.map((model) => call(model, { traceId })))
    const other = call('model-e', {})
    await send([other])
    for (const model of models) {
      const { data } = (await list(`session=${session}&model=${model}`)).body
      const expected = model === 'model-e' ? [traceId, other.traceId] : [traceId]
      expect(data.map(({ id }) => id).toSorted(), model).toEqual(expected.toSorted())
    }
    const paged = (await list(`session=${session}&model=model-e&limit=1`)).body
    const rest = (await list(`session=${session}&model=model-e&limit=1&cursor=${paged.meta.nextCursor}`)).body
    expect(new Set([...paged.data, ...rest.data].map(({ id }) => id))).toEqual(
      new Set([traceId, other.traceId]),
    )
    expect(rest.meta.hasMore).toBe(false)
  })

  it('finds traces that took so long or longer, the newest first', async () => {
    const session = `s-${hex(4)}`
    const startNs = nowNs() - 3_600_000_000_000n
    const durationsMs = [1, 99, 100, 299, 300, 2999, 3000, 45_000, 300_000, 1_000_000, 2_000_000]
    await send(
      durationsMs.map((ms, at) =>
        spanOf({
          startNs: startNs + BigInt(at) * 1_000_000n,
          endNs: startNs + BigInt(at + ms) * 1_000_000n,
          attributes: new Map([['session.id', session]]),
        }),
      ),
    )
    for (const least of [0, 1, 50, 99, 100, 101, 300, 2999, 3000, 3001, 300_000, 1_500_000, 2_000_001]) {
      const { data } = (await list(`session=${session}&minDurationMs=${least}`)).body
      expect(
        data.map(({ durationMs }) => durationMs),
        String(least),
      ).toEqual(durationsMs.filter((ms) => ms >= least).toReversed())
    }
  })

  it('pages through traces that began within one millisecond, each once', async () => {
    const session = `s-${hex(4)}`
    const startNs = nowNs() - 5_000_000_000n
    const sent = Array.from({ length: 7 }, (_, at) =>
      spanOf({
        startNs: startNs + BigInt(at) * 1000n,
        endNs: startNs + 1_000_000n,
        attributes: new Map([['session.id', session]]),
      }),
    )
    await send(sent)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Reply<'listTraces'> = (
        await list(`session=${session}&limit=3${cursor ? `&cursor=${cursor}` : ''}`)
      ).body
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.meta.nextCursor
    } while (cursor)
    expect(seen).toEqual(sent.map(({ traceId }) => traceId).toReversed())
  })

  it('gives the spans of a trace in the order of their start, and opens each with what it carries', async () => {
    const { traceId, spans } = agentRun(`s-${hex(4)}`)
    await send(spans)
    const [call, tool, root] = spans
    const base = `${owner.base}/traces/${traceId}/spans`

    const first = (await owner.client.get<Reply<'listSpans'>>(`${base}?limit=2`)).body
    const rest = (
      await owner.client.get<Reply<'listSpans'>>(`${base}?limit=2&cursor=${first.meta.nextCursor}`)
    ).body
    const listed = [...first.data, ...rest.data]
    expect(listed.map(({ id, parentId, status }) => [id, parentId, status])).toEqual([
      [root?.spanId, null, 'unset'],
      [call?.spanId, root?.spanId, 'unset'],
      [tool?.spanId, root?.spanId, 'error'],
    ])
    expect(listed[1]).toMatchObject({
      durationMs: 2000,
      model: 'gpt-5',
      tokens: { input: 100, cacheRead: 20, output: 30 },
    })

    const opened = (await owner.client.get<Reply<'readSpan'>>(`${base}/${call?.spanId}`)).body
    expect(opened).toMatchObject({ ...listed[1], traceId, convention: 'gen_ai', tooLarge: false })
    expect(opened.attributes).toContainEqual({ name: 'app.tenant', value: 'blue' })
    expect(opened.resource).toContainEqual({ name: 'service.name', value: 'shop' })
    const [said] = opened.input
    expect(said).toMatchObject({ role: 'user', parts: [{ type: 'text' }] })
    expect(JSON.stringify(said)).toContain('about shoes')
    expect(JSON.stringify(opened)).not.toContain('jane@example.com')
    const failed = (await owner.client.get<Reply<'readSpan'>>(`${base}/${tool?.spanId}`)).body
    expect(failed.statusMessage).toBe('no such shop')
  })

  it('knows nothing of traces that are not there, and refuses ids that are none', async () => {
    const { traceId, spans } = agentRun(`s-${hex(4)}`)
    await send(spans)
    const ask = (path: string) => owner.client.get(`${owner.base}/traces${path}`, { allowFailure: true })
    const status = async (path: string) => (await ask(`/${path}`)).status
    expect(await status(hex(16))).toBe(404)
    expect(await status(`${hex(16)}/spans`)).toBe(404)
    expect(await status(`${traceId}/spans/${hex(8)}`)).toBe(404)
    expect(await status('zz')).toBe(400)
    expect(await status(`${traceId}/spans/12`)).toBe(400)
    for (const query of ['cursor=bm9uZQ', 'from=yesterday', 'minDurationMs=-1', 'status=odd', 'limit=101'])
      expect((await ask(`?${query}`)).status, query).toBe(400)
  })

  it('shows them to administrators and to keys that may read them, in their own workspace only', async () => {
    const { traceId, spans } = agentRun(`s-${hex(4)}`)
    await send(spans)
    const member = await server.invite(owner, 'member')
    const admin = await server.invite(owner, 'admin')
    const path = `${owner.base}/traces/${traceId}`
    expect((await member.client.get(path, { allowFailure: true })).status).toBe(403)
    expect((await admin.client.get(path)).status).toBe(200)
    const ask = async (scopes: string[]) =>
      (
        await fetch(new URL(path, server.url), {
          headers: { authorization: `Bearer ${await keyOf(owner, scopes)}` },
        })
      ).status
    expect(await ask(['trace:read'])).toBe(200)
    expect(await ask(['telemetry:write'])).toBe(403)
  })
})
