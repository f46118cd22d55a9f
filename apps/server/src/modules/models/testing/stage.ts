import type { Connection } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { inbounds } from '@atrium/wire'
import pg from 'pg'
import { ledger } from '#modules/ledger'
import { silentLog } from '#platform/log'
import { createMetrics } from '#platform/metrics'
import { createModels, type ModelsService } from '../service.ts'
import type { CallResult, CallStart, ModelCall, RawRequest, ReplyPart } from '../types.ts'

/** The key that the stage's connections use; it must turn up nowhere. */
export const canary = 'sk-canary-0123456789abcdef'

export const stageKinds = ['anthropic', 'openai', 'openai-responses', 'google', 'ollama'] as const

export interface Outcome {
  readonly result: CallResult
  readonly parts: ReplyPart[]
  readonly text: string
}

/** A server, a provider that every kind of connection leads to, and the module once more with short clocks. */
export interface Stage extends AsyncDisposable {
  readonly provider: FakeProvider
  readonly server: TestServer
  readonly owner: Person
  readonly models: ModelsService
  /** Sees the rows of all workspaces. */
  readonly database: pg.Client
  /** Connects a provider under this slug; `models` are added by hand. */
  connect(slug: string, kind: string, baseUrl: string, models?: readonly string[]): Promise<Connection>
  call(model: string, text: string, more?: Partial<ModelCall>): Promise<Outcome>
  /** Calls as a gateway does for a client of the provider's own dialect. */
  pass(model: string, raw: Partial<RawRequest> & Body, more?: Partial<ModelCall>): Promise<Passed>
  rowsOf(callId: string): Promise<Record<string, unknown>[]>
  /** What the ledger knows of a call's attempts. */
  holdsOf(callId: string): Promise<Record<string, unknown>[]>
}

export type Body = Pick<RawRequest, 'dialect' | 'bodyText' | 'stream'>

export interface Passed {
  readonly result: CallResult
  readonly start: CallStart | undefined
  readonly parts: ReplyPart[]
  readonly bytes: string
}

export async function openStage(): Promise<Stage> {
  const scope = new AsyncDisposableStack()
  const provider = scope.use(await startFakeProvider())
  const server = scope.use(await startTestServer({ environment: { ATRIUM_EGRESS_ALLOW: '127.0.0.1/32' } }))
  const owner = await server.owner()
  // The server has models of its own, which are measured already.
  const metrics = createMetrics(silentLog(), false)
  const context = { ...server.running.platform, metrics, identity: withoutAudit }
  const money = await ledger.build(context, scope)
  const models = createModels({ ...context, ledger: money }, scope, {
    timeouts: { firstTokenMs: 600, idleMs: 400, totalMs: 1500 },
    guidePace: { tokensPerSecond: 2000 },
  })
  const database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
  scope.defer(() => database.end())
  const connect = connectorOf(owner)
  for (const kind of stageKinds)
    await connect(kind, kind, kind.startsWith('openai') ? `${provider.url}/v1` : provider.url)
  return {
    provider,
    server,
    owner,
    models,
    database,
    connect,
    call: (model, text, more) => callModel(models, owner, model, text, more),
    pass: (model, raw, more) => passCall(models, owner, model, raw, more),
    rowsOf: async (callId) =>
      (await database.query('SELECT * FROM models.calls WHERE id = $1', [callId])).rows,
    holdsOf: async (callId) =>
      (await database.query('SELECT * FROM ledger.holds WHERE call_id = $1 ORDER BY attempt', [callId])).rows,
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  }
}

/** The audit log is for what people change through the API, not for calls. */
const withoutAudit = { audit: async () => undefined } as unknown as Parameters<
  typeof ledger.build
>[0]['identity']

function connectorOf(owner: Person): Stage['connect'] {
  return async (slug, kind, baseUrl, models = []) => {
    const { body } = await owner.client.post<Connection>(`${owner.base}/connections`, {
      name: `The ${slug}`,
      slug,
      kind,
      baseUrl,
      apiKey: canary,
    })
    for (const upstreamId of models)
      await owner.client.post(`${owner.base}/connections/${body.id}/models`, { upstreamId })
    return body
  }
}

async function callModel(
  models: ModelsService,
  owner: Person,
  model: string,
  text: string,
  more: Partial<ModelCall> = {},
): Promise<Outcome> {
  const parts: ReplyPart[] = []
  const call: ModelCall = {
    workspaceId: owner.workspaceId,
    personId: owner.id,
    purpose: 'chat',
    model,
    signal: new AbortController().signal,
    request: { stream: true, messages: [{ role: 'user', content: [{ type: 'text', text }] }] },
    ...more,
  }
  const result = await models.stream(call, (found) => parts.push(...found))
  return { result, parts, text: parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('') }
}

async function passCall(
  models: ModelsService,
  owner: Person,
  model: string,
  raw: Partial<RawRequest> & Body,
  more: Partial<ModelCall> = {},
): Promise<Passed> {
  const parts: ReplyPart[] = []
  const chunks: Uint8Array[] = []
  let start: CallStart | undefined
  const decoded = inbounds[raw.dialect].decodeRequest(JSON.parse(raw.bodyText), {
    model,
    stream: raw.stream,
  })
  const call: ModelCall = {
    workspaceId: owner.workspaceId,
    personId: owner.id,
    purpose: 'gateway',
    model,
    signal: new AbortController().signal,
    request: decoded.request,
    lost: decoded.fidelity,
    raw: { headers: {}, includeUsage: false, ...raw },
    ...more,
  }
  const result = await models.stream(call, {
    onStart: (given) => {
      start = given
    },
    onParts: (found) => void parts.push(...found),
    onBytes: (chunk) => void chunks.push(chunk.slice()),
  })
  return { result, start, parts, bytes: Buffer.concat(chunks).toString('utf8') }
}
