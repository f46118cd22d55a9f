import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Connection } from '@atrium/contract'
import type { Stage } from './stage.ts'

/** A request as a provider of a test's own received it. */
export interface Received {
  readonly path: string
  /** The body when it is a JSON object. */
  readonly body: Readonly<Record<string, unknown>>
}

export type Answer = (response: ServerResponse, received: Received) => void

/** A provider that answers whatever a test tells it, however wrong. */
export interface OwnProvider {
  readonly url: string
  /** What it answers next. */
  answer: Answer
  readonly received: readonly Received[]
}

/** Listens until the scope ends. */
export async function startOwnProvider(scope: AsyncDisposableStack): Promise<OwnProvider> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .once('end', () => {
        const one = { path: request.url ?? '', body: objectIn(Buffer.concat(chunks).toString('utf8')) }
        received.push(one)
        provider.answer(response, one)
      })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  // It listens on a port, not on a pipe.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider: OwnProvider = { url, answer: withJson({}), received }
  return provider
}

function objectIn(text: string): Received['body'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/** Answers with JSON; a text is sent as it stands. */
export const withJson =
  (body: object | string, status = 200, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

/** Answers with a stream that comes in these pieces. */
export const withStream =
  (...pieces: readonly string[]): Answer =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of pieces) {
      response.write(piece)
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
    response.end()
  }

/** Connects a provider with one model `m`, which is addressed as `{slug}/m`. */
export async function connect(
  { owner }: Stage,
  { slug, kind, baseUrl, apiKey }: { slug: string; kind: string; baseUrl: string; apiKey: string },
): Promise<void> {
  const { client, base } = owner
  const { body } = await client.post<Connection>(`${base}/connections`, {
    name: slug,
    slug,
    kind,
    baseUrl,
    apiKey,
  })
  await client.post(`${base}/connections/${body.id}/models`, { upstreamId: 'm' })
}

/** Sets what a token of each kind costs with models `m`, in nano-dollars. */
export async function setPrices({ owner }: Stage, rates: Readonly<Record<string, number>>): Promise<void> {
  await owner.client.post(`${owner.base}/price-overrides`, {
    modelPattern: 'm',
    effectiveFrom: '2026-01-01T00:00:00Z',
    sheet: {
      rates: Object.fromEntries(
        Object.entries(rates).map(([kind, perToken]) => [kind, { base: `${perToken}000000`, tiers: [] }]),
      ),
      perCall: '0',
    },
  })
}

/** What is known of a call once it is over and settled. */
export interface Kept {
  readonly cost: string | null
  readonly estimated: boolean
  readonly held: string
  readonly charged: string
  readonly state: string
  readonly input: string
  readonly output: string
}

/** The rows of a call in the list of calls and in the ledger. @throws when one of them is missing after a while */
export async function keptOf({ database }: Stage, callId: string | null): Promise<Kept> {
  for (const untilMs = performance.now() + 5000; performance.now() < untilMs;) {
    const { rows } = await database.query<Kept>(
      `SELECT c.cost_nano_usd AS cost, c.estimated, h.held_nano_usd AS held, h.charged_nano_usd AS charged, h.state,
        c.input_uncached + c.input_cache_read AS input, c.output_text + c.output_reasoning AS output
      FROM models.calls c JOIN ledger.holds h ON h.call_id = c.id AND h.state <> 'held' WHERE c.id = $1`,
      [callId],
    )
    if (rows[0]) return rows[0]
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('the call was not kept')
}
