import { randomUUID } from 'node:crypto'
import {
  admissionRoutes,
  aliasRoutes,
  chatRoutes,
  currencyRoutes,
  deviceRoutes,
  fileRoutes,
  gatewayRoutes,
  identityRoutes,
  ledgerRoutes,
  logRoutes,
  modelRoutes,
  otlpMetricRoutes,
  pathOf,
  priceRoutes,
  realtimeRoutes,
  teamRoutes,
  telemetryRoutes,
  insightRoutes,
  traceRoutes,
  usageRoutes,
  type Route,
} from '@atrium/contract'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { foreignBodies, gatewayBody, guidePolicy, priceSheet, queries } from './testing/foreign-bodies.ts'
import { digestTables } from './testing/table-digests.ts'

const routes: Readonly<Record<string, Route>> = {
  ...identityRoutes,
  ...deviceRoutes,
  ...teamRoutes,
  ...admissionRoutes,
  ...ledgerRoutes,
  ...logRoutes,
  ...modelRoutes,
  ...otlpMetricRoutes,
  ...aliasRoutes,
  ...priceRoutes,
  ...currencyRoutes,
  ...telemetryRoutes,
  ...insightRoutes,
  ...traceRoutes,
  ...usageRoutes,
  ...fileRoutes,
  ...gatewayRoutes,
  ...chatRoutes,
  ...realtimeRoutes,
}
const inWorkspace = Object.values(routes).filter((route) => route.path.includes('{workspaceId}'))

/** Stands in every text that A has; seeing it as B is a leak. */
const canary = `canary${randomUUID().replaceAll('-', '')}`

let server: TestServer
let a: Person
let b: Person
/** Ids of A's things, by the name of the parameter that takes them. */
const ids = new Map<string, string>()
const idOf = (name: string): string | undefined => ids.get(name)
/** What A had before anybody tried anything, by table. */
let before: Record<string, string>

beforeAll(async () => {
  server = await startTestServer({
    environment: { ATRIUM_ADMIN_EMAIL: 'a@example.com', ATRIUM_ADMIN_PASSWORD: 'correct horse battery' },
  })
  a = await signIn('a@example.com', 'correct horse battery')
  const invited = await server.invite(a, 'member')
  const own = await invited.client.post<{ id: string }>('/api/v1/workspaces', { name: 'B' })
  b = { ...invited, workspaceId: own.body.id, base: `/api/v1/workspaces/${own.body.id}` }
  await a.client.delete(`${a.base}/members/${invited.id}`)
  await makeThings()
  before = await settledDigests()
})
afterAll(() => server[Symbol.asyncDispose]())

/** What a workspace's own background work has left once it is done. */
async function settledDigests(): Promise<Record<string, string>> {
  let last: Record<string, string> = {}
  await vi.waitUntil(
    async () => {
      const now = await digestTables(server.roles.job, a.workspaceId)
      const isSettled = JSON.stringify(now) === JSON.stringify(last)
      last = now
      return isSettled
    },
    { timeout: 20_000, interval: 1500 },
  )
  return last
}

async function signIn(email: string, password: string): Promise<Person> {
  const client = server.client()
  const { body } = await client.post<{ person: { id: string }; workspaces: { id: string }[] }>(
    '/api/v1/auth/sign-in',
    { email, password },
  )
  const workspaceId = body.workspaces[0]?.id ?? ''
  return {
    client,
    id: body.person.id,
    email,
    password,
    workspaceId,
    base: `/api/v1/workspaces/${workspaceId}`,
  }
}

async function makeThings(): Promise<void> {
  await a.client.patch(a.base, { name: canary, instructions: canary })
  const chat = await startConversation(a, 'atrium/guide')
  await chat.send(`${canary} hello`)
  await a.client.patch(chat.path, { title: canary })
  const { messages } = await chat.open()
  const style = await a.client.post<{ id: string }>(`${a.base}/styles`, {
    name: canary,
    instructions: canary,
  })
  const connection = await a.client.post<{ id: string }>(`${a.base}/connections`, {
    name: canary,
    kind: 'openai',
    apiKey: canary,
  })
  const team = await a.client.post<{ id: string }>(`${a.base}/teams`, { name: canary })
  await a.client.put(`${a.base}/teams/${team.body.id}/members/${a.id}`, { role: 'lead' })
  const key = await a.client.post<{ id: string }>(`${a.base}/api-keys`, {
    name: canary,
    scopes: ['model:read'],
    teamId: team.body.id,
    models: [canary],
  })
  const invitation = await a.client.post<{ id: string }>(`${a.base}/invitations`, {
    email: `${canary}@example.com`,
    role: 'member',
  })
  const form = new FormData()
  form.set('file', new Blob([canary], { type: 'text/plain' }), `${canary}.txt`)
  const file = (await (await a.client.raw(`${a.base}/files`, { method: 'POST', body: form })).json()) as {
    id: string
  }
  const budget = await a.client.post<{ id: string }>(`${a.base}/budgets`, {
    name: canary,
    scope: 'workspace',
    period: 'total',
    limitNanoUsd: '1000000000000',
  })
  const alias = await a.client.post<{ id: string }>(`${a.base}/aliases`, {
    name: canary,
    description: canary,
    policy: guidePolicy,
    note: canary,
  })
  const override = await a.client.post<{ id: string }>(`${a.base}/price-overrides`, {
    modelPattern: canary,
    sheet: priceSheet,
    effectiveFrom: '2026-01-01T00:00:00Z',
    note: canary,
  })
  const rerating = await a.client.post<{ id: string }>(`${a.base}/re-ratings`, {
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-02T00:00:00Z',
    modelPattern: canary,
  })
  const path = `${a.base}/re-ratings/${rerating.body.id}`
  const isDone = async () => (await a.client.get<{ status: string }>(path)).body.status === 'finished'
  await vi.waitUntil(isDone, { timeout: 30_000, interval: 200 })
  const calls = await a.client.get<{ data: { id: string }[] }>(`${a.base}/calls?limit=1`)
  const known = {
    ...(await makeTelemetry()),
    aliasId: alias.body.id,
    budgetId: budget.body.id,
    callId: calls.body.data[0]?.id,
    overrideId: override.body.id,
    reratingId: rerating.body.id,
    attempt: '0',
    workspaceId: a.workspaceId,
    conversationId: chat.id,
    messageId: messages[1]?.id,
    runId: messages[1]?.runId,
    styleId: style.body.id,
    connectionId: connection.body.id,
    keyId: key.body.id,
    teamId: team.body.id,
    invitationId: invitation.body.id,
    personId: a.id,
    fileId: file.id,
  }
  for (const [name, id] of Object.entries(known)) ids.set(name, id ?? '')
}

/** A span, a log record and a metric of A that say the canary wherever they can. */
async function makeTelemetry(): Promise<Record<string, string>> {
  const scopes = ['telemetry:write']
  const key = await a.client.post<{ secret: string }>(`${a.base}/api-keys`, { name: 'exporter', scopes })
  const traceId = randomUUID().replaceAll('-', '')
  const spanId = traceId.slice(16)
  const nowNs = `${Date.now()}000000`
  const attributes = [{ key: 'gen_ai.request.model', value: { stringValue: canary } }]
  const span = { traceId, spanId, name: canary, startTimeUnixNano: nowNs, endTimeUnixNano: nowNs, attributes }
  const send = async (path: string, body: object) => {
    const reply = await fetch(new URL(path, server.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key.body.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(reply.status).toBe(200)
  }
  await send('/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
  const log = { timeUnixNano: nowNs, eventName: canary, body: { stringValue: canary }, traceId, attributes }
  await send('/v1/logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [log] }] }] })
  const gauge = { dataPoints: [{ timeUnixNano: nowNs, asInt: '1', attributes }] }
  await send('/v1/metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: canary, gauge }] }] }] })
  const logs = await a.client.get<{ data: { id: string }[] }>(`${a.base}/logs`)
  return { traceId, spanId, logId: logs.body.data[0]?.id ?? '', metricName: canary }
}

async function callAs(
  person: Person,
  route: Route,
  params: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const controller = new AbortController()
  const response = await person.client.raw(pathOf(route, { params, query: queries[route.id] ?? {} }), {
    method: route.method,
    signal: controller.signal,
    headers: {
      'idempotency-key': randomUUID(),
      ...(route.body ? { 'content-type': 'application/json' } : {}),
    },
    ...bodyOf(route),
  })
  if (response.headers.get('content-type')?.includes('event-stream')) {
    const text = await beginningOf(response)
    controller.abort()
    return { status: response.status, text }
  }
  return { status: response.status, text: await response.text() }
}

/** What an event stream says in its first moments. */
async function beginningOf(response: Response): Promise<string> {
  let text = ''
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
  }
  await Promise.race([read().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 700))])
  return text
}

function bodyOf(route: Route): { body?: string | FormData } {
  if (route.accepts === 'multipart') {
    const form = new FormData()
    form.set('file', new Blob(['[]']), 'x.json')
    return { body: form }
  }
  return route.body ? { body: JSON.stringify(foreignBodies[route.id]?.(idOf)) } : {}
}

const paramsOf = (workspaceId: string): Record<string, string> => ({
  ...Object.fromEntries(ids),
  workspaceId,
})

it('has a row for every operation with a body', () => {
  expect(
    inWorkspace.filter((route) => route.body && !foreignBodies[route.id]).map((route) => route.id),
  ).toEqual([])
})

it('knows an id for every parameter', () => {
  const names = new Set(
    inWorkspace.flatMap((route) => [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')),
  )
  expect([...names].filter((name) => !ids.get(name))).toEqual([])
})

describe('a stranger in the workspace of somebody else', () => {
  it.each(inWorkspace.map((route) => [route.id, route] as const))('%s is refused', async (_, route) => {
    const { status, text } = await callAs(b, route, paramsOf(a.workspaceId))
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(text).not.toContain(canary)
  })
})

/** Whether the path or the body of a call names something of A. */
function namesThings(route: Route): boolean {
  const body = JSON.stringify(foreignBodies[route.id]?.(idOf) ?? null)
  const isNested = [...route.path.matchAll(/\{(\w+)\}/g)].length > 1
  return isNested || [...ids.values()].some((id) => id.length === 36 && body.includes(id))
}

describe('ids of another workspace in the own one', () => {
  it.each(inWorkspace.map((route) => [route.id, route] as const))(
    '%s finds nothing of them',
    async (_, route) => {
      const { status, text } = await callAs(b, route, paramsOf(b.workspaceId))
      expect(text).not.toContain(canary)
      expect(status).toBeLessThan(500)
      if (namesThings(route)) expect(status).toBeGreaterThanOrEqual(400)
    },
  )
})

/** Operations of the gateway that name no model. */
const modelless: ReadonlySet<string> = new Set([
  'gatewayModels',
  'geminiModels',
  'ollamaTags',
  'ollamaVersion',
])

async function callGateway(
  client: Person['client'],
  route: Route,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const form = new FormData()
  form.set('model', canary)
  form.set('file', new Blob(['x']), 'x.wav')
  const json = { 'content-type': 'application/json' }
  const response = await client.raw(pathOf(route, { params: { model: canary } }), {
    method: route.method,
    headers: { ...headers, ...(route.body && route.accepts !== 'multipart' ? json : {}) },
    ...(route.body
      ? { body: route.accepts === 'multipart' ? form : JSON.stringify(gatewayBody(canary)) }
      : {}),
  })
  return { status: response.status, text: await response.text() }
}

describe('the gateway', () => {
  const each = Object.values<Route>(gatewayRoutes).map((route) => [route.id, route] as const)

  it.each(each)('%s does not let a stranger in by naming the workspace', async (_, route) => {
    const { status, text } = await callGateway(b.client, route, { 'x-atrium-workspace': a.workspaceId })
    expect(status).toBe(404)
    expect(text).not.toContain(canary)
  })

  it.each(each)('%s serves nothing of another workspace', async (id, route) => {
    const { status, text } = await callGateway(b.client, route, { 'x-atrium-workspace': b.workspaceId })
    if (modelless.has(id)) expect([status, text.includes(canary)]).toEqual([200, false])
    // The refusal may repeat the name that was asked for.
    else expect([400, 404]).toContain(status)
  })
})

describe('nobody', () => {
  it.each(
    Object.values(routes)
      .filter((route) => route.access !== 'public')
      .map((route) => [route.id, route] as const),
  )('%s answers 401', async (_, route) => {
    const { status, text } = await callAs({ ...b, client: server.client() }, route, {
      ...Object.fromEntries(ids),
      sessionId: 'x',
      userCode: 'x',
      token: 'x',
      model: 'x',
    })
    expect(status).toBe(401)
    expect(text).not.toContain(canary)
  })
})

it('left everything of A as it was, in every table', async () => {
  expect(Object.keys(before)).toEqual(
    expect.arrayContaining(['chat.messages', 'identity.api_keys', 'models.aliases', 'identity.audit_log']),
  )
  expect(await settledDigests()).toEqual(before)
})

it('tells a stranger nothing of what happens in the meantime', async () => {
  const heard = b.client.raw(`${b.base}/sync`).then(beginningOf)
  const chat = await startConversation(a, 'atrium/guide')
  await chat.send(`${canary} again`)
  expect(await heard).toContain('event: ready')
  expect(await heard).not.toContain(chat.id)
  expect(await heard).not.toContain(canary)
})
