import { startTestServer, type Person, type TestServer, type TestServerOptions } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import pg from 'pg'

/** The key that the stage's connections use; it must turn up nowhere. */
export const canary = 'sk-canary-0123456789abcdef'

/** A server with one connection of each kind to one fake provider, and an API key that may call. */
export interface Stage extends AsyncDisposable {
  readonly provider: FakeProvider
  readonly server: TestServer
  readonly owner: Person
  readonly key: string
  /** Sees the rows of all workspaces. */
  readonly database: pg.Client
  /** Posts JSON with the key as a bearer token. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
}

const kinds = ['anthropic', 'openai', 'openai-responses', 'google', 'ollama'] as const

export async function openStage(options: TestServerOptions = {}): Promise<Stage> {
  const scope = new AsyncDisposableStack()
  const provider = scope.use(await startFakeProvider())
  const server = scope.use(
    await startTestServer({
      ...options,
      environment: { ATRIUM_EGRESS_ALLOW: '127.0.0.1/32', ...options.environment },
    }),
  )
  const owner = await server.owner()
  for (const kind of kinds) {
    const baseUrl = kind.startsWith('openai') ? `${provider.url}/v1` : provider.url
    await owner.client.post(`${owner.base}/connections`, {
      name: kind,
      slug: kind,
      kind,
      baseUrl,
      apiKey: canary,
    })
  }
  const database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
  scope.defer(() => database.end())
  const key = await createKey(owner)
  const send = (path: string, init: RequestInit): Promise<Response> => fetch(new URL(path, server.url), init)
  return {
    provider,
    server,
    owner,
    key,
    database,
    post: (path, body, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path, headers = {}) => send(path, { headers: { authorization: `Bearer ${key}`, ...headers } }),
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  }
}

/** Makes a key that may do this, and gives its secret. */
export async function createKey(owner: Person, more: Record<string, unknown> = {}): Promise<string> {
  const { body } = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
    name: 'sdk',
    scopes: ['gateway:call'],
    ...more,
  })
  return body.secret
}

/** What stands at a path such as `choices.0.message`; undefined when nothing does. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => {
    const isObject = typeof inner === 'object' && inner !== null
    return isObject ? new Map(Object.entries(inner)).get(name) : undefined
  }, value)
}
