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
  modelRoutes,
  pathOf,
  priceRoutes,
  realtimeRoutes,
  teamRoutes,
  usageRoutes,
  type Route,
} from '@atrium/contract'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const routes: Readonly<Record<string, Route>> = {
  ...identityRoutes,
  ...deviceRoutes,
  ...teamRoutes,
  ...admissionRoutes,
  ...ledgerRoutes,
  ...modelRoutes,
  ...aliasRoutes,
  ...priceRoutes,
  ...currencyRoutes,
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
})
afterAll(() => server[Symbol.asyncDispose]())

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
  const calls = await a.client.get<{ data: { id: string }[] }>(`${a.base}/calls?limit=1`)
  const known = {
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

const guidePolicy = { plan: { strategy: 'priority', targets: [{ model: 'atrium/guide' }] } }

const priceSheet = {
  rates: { input: { base: '1', tiers: [] }, output: { base: '1', tiers: [] } },
  perCall: '0',
}

/** A body that would be accepted, with A's ids wherever an id fits. A route with a body needs a row. */
const bodies: Readonly<Record<string, () => unknown>> = {
  updateWorkspace: () => ({ name: 'x' }),
  updateMember: () => ({ role: 'admin' }),
  createInvitation: () => ({ email: 'x@example.com', role: 'member' }),
  createApiKey: () => ({
    name: 'x',
    scopes: ['model:read'],
    teamId: ids.get('teamId'),
    ownerId: ids.get('personId'),
  }),
  updateApiKey: () => ({ name: 'x', teamId: ids.get('teamId') }),
  rotateApiKey: () => ({ graceSeconds: 0 }),
  createTeam: () => ({ name: 'x' }),
  updateTeam: () => ({ name: 'x', archived: true }),
  setTeamMember: () => ({ role: 'lead' }),
  updateRateLimits: () => ({ person: { rpm: 1000 } }),
  createConnection: () => ({ name: 'x', kind: 'ollama' }),
  updateConnection: () => ({ name: 'x' }),
  testNewConnection: () => ({ kind: 'ollama', baseUrl: 'http://127.0.0.1:9' }),
  createBudget: () => ({
    name: 'x',
    scope: 'person',
    scopeId: ids.get('personId'),
    period: 'day',
    limitNanoUsd: '1',
  }),
  updateBudget: () => ({ name: 'x' }),
  updateCredits: () => ({ enabled: false }),
  grantCredits: () => ({ amountNanoUsd: '1' }),
  updateModel: () => ({ id: 'atrium/guide', enabled: true }),
  addModel: () => ({ upstreamId: 'x' }),
  createAlias: () => ({ name: 'x', policy: guidePolicy }),
  updateAlias: () => ({ name: 'y' }),
  rollBackAlias: () => ({ version: 1 }),
  previewRouting: () => ({ model: 'atrium/guide', keyId: ids.get('keyId'), personId: ids.get('personId') }),
  createPriceOverride: () => ({
    modelPattern: 'x',
    sheet: priceSheet,
    effectiveFrom: '2026-01-01T00:00:00Z',
    connectionId: ids.get('connectionId'),
  }),
  updatePriceOverride: () => ({ note: 'x' }),
  createRerating: () => ({
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-02T00:00:00Z',
    connectionId: ids.get('connectionId'),
  }),
  updateMoneySettings: () => ({ currency: 'USD' }),
  createFileUrl: () => ({ disposition: 'inline' }),
  createConversation: () => ({ style: ids.get('styleId') }),
  updateConversation: () => ({ title: 'x' }),
  moveLeaf: () => ({ messageId: ids.get('messageId'), expected: ids.get('messageId') }),
  editMessage: () => ({ id: randomUUID(), content: [{ type: 'text', text: 'x' }] }),
  rateMessage: () => ({ rating: 'up' }),
  createTurn: () => ({
    parentId: ids.get('messageId'),
    message: { id: randomUUID(), content: [{ type: 'file', fileId: ids.get('fileId') }] },
  }),
  regenerate: () => ({}),
  continueMessage: () => ({}),
  createStyle: () => ({ name: 'x', instructions: 'x' }),
  updateStyle: () => ({ name: 'x' }),
}

const queries: Readonly<Record<string, Record<string, string>>> = {
  search: { q: 'canary' },
  listMessages: { cursor: 'x' },
  listUsageGroups: { by: 'person' },
  deliverFile: { expires: '9999999999', disposition: 'inline', signature: 'x' },
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
    controller.abort()
    return { status: response.status, text: '' }
  }
  return { status: response.status, text: await response.text() }
}

function bodyOf(route: Route): { body?: string | FormData } {
  if (route.accepts === 'multipart') {
    const form = new FormData()
    form.set('file', new Blob(['[]']), 'x.json')
    return { body: form }
  }
  return route.body ? { body: JSON.stringify(bodies[route.id]?.()) } : {}
}

const paramsOf = (route: Route, workspaceId: string): Record<string, string> => ({
  ...Object.fromEntries(ids),
  workspaceId,
  ...(route.params ? {} : {}),
})

it('has a row for every operation with a body', () => {
  expect(inWorkspace.filter((route) => route.body && !bodies[route.id]).map((route) => route.id)).toEqual([])
})

it('knows an id for every parameter', () => {
  const names = new Set(
    inWorkspace.flatMap((route) => [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')),
  )
  expect([...names].filter((name) => !ids.get(name))).toEqual([])
})

describe('a stranger in the workspace of somebody else', () => {
  it.each(inWorkspace.map((route) => [route.id, route] as const))('%s is refused', async (_, route) => {
    const { status, text } = await callAs(b, route, paramsOf(route, a.workspaceId))
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(text).not.toContain(canary)
  })
})

describe('ids of another workspace in the own one', () => {
  it.each(inWorkspace.map((route) => [route.id, route] as const))(
    '%s finds nothing of them',
    async (id, route) => {
      const nested = [...route.path.matchAll(/\{(\w+)\}/g)].length > 1 || id === 'createTurn'
      const { status, text } = await callAs(b, route, paramsOf(route, b.workspaceId))
      expect(text).not.toContain(canary)
      expect(status).toBeLessThan(500)
      if (nested) expect(status).toBeGreaterThanOrEqual(400)
    },
  )
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

it('left everything of A as it was', async () => {
  const { body } = await a.client.get<{ data: { title: string }[] }>(`${a.base}/conversations`)
  expect(body.data.map((one) => one.title)).toEqual([canary])
})
