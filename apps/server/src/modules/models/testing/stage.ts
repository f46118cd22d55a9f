import type { Connection } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import pg from 'pg'
import { createModels, type ModelsService } from '../service.ts'
import type { CallResult, ModelCall, ReplyPart } from '../types.ts'

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
  rowsOf(callId: string): Promise<Record<string, unknown>[]>
}

export async function openStage(): Promise<Stage> {
  const scope = new AsyncDisposableStack()
  const provider = scope.use(await startFakeProvider())
  const server = scope.use(await startTestServer({ environment: { ATRIUM_EGRESS_ALLOW: '127.0.0.1/32' } }))
  const owner = await server.owner()
  const models = createModels({ ...server.running.platform, identity: withoutAudit }, scope, {
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
    rowsOf: async (callId) =>
      (await database.query('SELECT * FROM models.calls WHERE id = $1', [callId])).rows,
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  }
}

/** The audit log is for what people change through the API, not for calls. */
const withoutAudit = { audit: async () => undefined } as unknown as Parameters<
  typeof createModels
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
