import { randomUUID } from 'node:crypto'

export const guidePolicy = { plan: { strategy: 'priority', targets: [{ model: 'atrium/guide' }] } }

export const priceSheet = {
  rates: { input: { base: '1', tiers: [] }, output: { base: '1', tiers: [] } },
  perCall: '0',
}

type Get = (name: string) => string | undefined

const strangers = (get: Get) => ({
  personIds: [get('personId')],
  teamIds: [get('teamId')],
  keyIds: [get('keyId')],
})

/**
 * Bodies that would be accepted, by the id of the route, with somebody else's ids wherever an id fits.
 * `get` gives such an id by the name of the parameter that takes it.
 */
export const foreignBodies: Readonly<Record<string, (get: Get) => unknown>> = {
  updateWorkspace: () => ({ name: 'x' }),
  updateMember: () => ({ role: 'admin' }),
  createInvitation: () => ({ email: 'x@example.com', role: 'member' }),
  createApiKey: (get) => ({
    name: 'x',
    scopes: ['model:read'],
    teamId: get('teamId'),
    ownerId: get('personId'),
  }),
  updateApiKey: (get) => ({ name: 'x', teamId: get('teamId') }),
  rotateApiKey: () => ({ graceSeconds: 0 }),
  createTeam: () => ({ name: 'x' }),
  updateTeam: () => ({ name: 'x', archived: true }),
  setTeamMember: () => ({ role: 'lead' }),
  updateRateLimits: () => ({ person: { rpm: 1000 } }),
  createConnection: () => ({ name: 'x', kind: 'ollama' }),
  updateConnection: () => ({ name: 'x' }),
  testNewConnection: () => ({ kind: 'ollama', baseUrl: 'http://127.0.0.1:9' }),
  createBudget: (get) => ({
    name: 'x',
    scope: 'person',
    scopeId: get('personId'),
    period: 'day',
    limitNanoUsd: '1',
  }),
  updateBudget: () => ({ name: 'x' }),
  updateCredits: () => ({ enabled: false }),
  grantCredits: () => ({ amountNanoUsd: '1' }),
  updateModel: () => ({ id: 'atrium/guide', enabled: true }),
  addModel: () => ({ upstreamId: 'x' }),
  createAlias: (get) => ({
    name: 'x',
    policy: { ...guidePolicy, rules: [{ name: 'x', when: strangers(get), ...guidePolicy }] },
  }),
  updateAlias: () => ({ name: 'y' }),
  rollBackAlias: () => ({ version: 1 }),
  previewRouting: (get) => ({ model: 'atrium/guide', keyId: get('keyId'), personId: get('personId') }),
  createPriceOverride: (get) => ({
    modelPattern: 'x',
    sheet: priceSheet,
    effectiveFrom: '2026-01-01T00:00:00Z',
    connectionId: get('connectionId'),
  }),
  updatePriceOverride: () => ({ note: 'x' }),
  createRerating: (get) => ({
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-02T00:00:00Z',
    connectionId: get('connectionId'),
  }),
  updateTelemetrySettings: () => ({ retentionDays: { traces: 7 } }),
  updateMoneySettings: () => ({ currency: 'USD' }),
  createFileUrl: () => ({ disposition: 'inline' }),
  createConversation: (get) => ({ style: get('styleId') }),
  updateConversation: () => ({ title: 'x' }),
  moveLeaf: (get) => ({ messageId: get('messageId'), expected: get('messageId') }),
  editMessage: () => ({ id: randomUUID(), content: [{ type: 'text', text: 'x' }] }),
  rateMessage: () => ({ rating: 'up' }),
  createTurn: (get) => ({
    parentId: get('messageId'),
    message: { id: randomUUID(), content: [{ type: 'file', fileId: get('fileId') }] },
  }),
  regenerate: () => ({}),
  continueMessage: () => ({}),
  createStyle: () => ({ name: 'x', instructions: 'x' }),
  updateStyle: () => ({ name: 'x' }),
}

/** Queries that routes need to answer at all. */
export const queries: Readonly<Record<string, Record<string, string>>> = {
  search: { q: 'canary' },
  listMessages: { cursor: 'x' },
  listUsageGroups: { by: 'person' },
  deliverFile: { expires: '9999999999', disposition: 'inline', signature: 'x' },
}

/** A call of the gateway that would be accepted in any dialect if there were such a model. */
export const gatewayBody = (model: string) => ({
  model,
  name: model,
  messages: [{ role: 'user', content: 'x' }],
  max_tokens: 5,
  input: 'x',
  prompt: 'x',
  voice: 'x',
  contents: [{ role: 'user', parts: [{ text: 'x' }] }],
})
