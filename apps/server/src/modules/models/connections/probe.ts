import type { ConnectionHealth, ConnectionKind } from '@atrium/contract'
import { dialects, type ListedModel, type ModelError } from '@atrium/wire'
import type { Secret } from '#platform/config'
import { callErrorOf, type Fault } from '../router/faults.ts'
import { faultOfThrown, TimedOut } from '../router/network-errors.ts'
import { readText, urlOf, type Upstream } from '../router/upstream.ts'
import { factsOfKind } from './kinds.ts'

/** Where and as whom to look. */
export interface ProbeTarget {
  readonly name: string
  readonly kind: ConnectionKind
  readonly baseUrl: string
  readonly key: Secret | null
  readonly provided: boolean
}

export interface Probe {
  readonly health: ConnectionHealth
  /** The provider's list; null when it could not be read. */
  readonly models: readonly ListedModel[] | null
}

export interface ProbeOptions {
  readonly upstream: Upstream
  readonly now: () => Date
  readonly timeoutMs?: number
}

const probeMs = 10_000
const maxListBytes = 16 * 1024 * 1024
const mostPages = 20
const mostModels = 5000

/** Reads a provider's model list, and says exactly what failed if it does. Never rejects. */
export async function probe(
  target: ProbeTarget,
  { upstream, now, timeoutMs = probeMs }: ProbeOptions,
): Promise<Probe> {
  const begun = performance.now()
  const facts = (): Pick<ConnectionHealth, 'latencyMs' | 'checkedAt'> => ({
    latencyMs: Math.round(performance.now() - begun),
    checkedAt: now().toISOString(),
  })
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const models = await readList(target, upstream, signal, timeoutMs)
    const message = `It works: ${models.length} ${models.length === 1 ? 'model' : 'models'}.`
    return {
      models,
      health: { ok: true, stage: 'none', message, status: 200, modelCount: models.length, ...facts() },
    }
  } catch (thrown) {
    return {
      models: null,
      health: {
        ok: false,
        ...failureOf(target, signal.aborted ? new TimedOut('first-token') : thrown),
        modelCount: null,
        ...facts(),
      },
    }
  }
}

/** The provider answered, and this is what it said. */
class Refused extends Error {
  readonly error: ModelError

  constructor(error: ModelError) {
    super(error.type)
    this.error = error
  }
}

async function readList(
  target: ProbeTarget,
  upstream: Upstream,
  signal: AbortSignal,
  patienceMs: number,
): Promise<ListedModel[]> {
  const dialect = dialects[factsOfKind(target.kind).dialect]
  const headers = { accept: 'application/json', ...dialect.authHeaders(target.key?.reveal()) }
  const models: ListedModel[] = []
  let path: string | undefined = dialect.modelListPath
  for (let page = 0; path !== undefined && page < mostPages && models.length < mostModels; page += 1) {
    const url = urlOf(target.baseUrl, path)
    const reply = await upstream.request({
      method: 'GET',
      url,
      headers,
      signal,
      patienceMs,
      provided: target.provided,
    })
    const { text } = await readText(reply.body, maxListBytes)
    if (reply.status < 200 || reply.status > 299)
      throw new Refused(dialect.decodeError(reply.status, reply.headers, text))
    const list = dialect.decodeModelList(text)
    if (!list.ok) throw new Refused(list.error)
    models.push(...list.models)
    path = list.nextPath
  }
  return models.slice(0, mostModels)
}

type Failure = Pick<ConnectionHealth, 'stage' | 'message' | 'status'>

function failureOf(target: ProbeTarget, thrown: unknown): Failure {
  const fault: Fault =
    thrown instanceof Refused ? { stage: 'reply', sent: true, error: thrown.error } : faultOfThrown(thrown)
  const { status, message } = callErrorOf(fault, {
    connection: target.name,
    model: 'its model list',
    secret: target.key?.reveal() ?? null,
  })
  const stage = stageOf(fault)
  return { stage, status, message: adviceOf(stage, target) ?? message }
}

const usesV1: ReadonlySet<ConnectionKind> = new Set<ConnectionKind>([
  'openai',
  'openai-responses',
  'openai-compatible',
])

/** Words for the person who sets a connection up, where those for readers of a chat would not help. */
function adviceOf(stage: ConnectionHealth['stage'], target: ProbeTarget): string | undefined {
  const { name, key, kind, baseUrl } = target
  if (stage === 'dns' || stage === 'connect') return unreachable(stage, target)
  if (stage === 'authentication')
    return key ? `${name} does not accept this API key.` : `${name} needs an API key.`
  if (stage === 'not-found' || stage === 'response') {
    const hint =
      usesV1.has(kind) && !/\/v\d+\/?$/.test(baseUrl) ? ' Addresses of this kind usually end in /v1.' : ''
    const what =
      stage === 'not-found' ? 'there is no model list at this address' : 'what came is not a model list'
    return `Something answers, but ${what}.${hint}`
  }
  return undefined
}

/** At a provider's own address the fault is not in the address, but on the way to it. */
function unreachable(stage: 'dns' | 'connect', { kind, baseUrl }: ProbeTarget): string {
  const host = URL.parse(baseUrl)?.host ?? baseUrl
  if (factsOfKind(kind).dialect === 'ollama' && stage === 'connect')
    return `Nothing answers at ${host}. Start Ollama with “ollama serve”, or give the address at which it runs.`
  const isOwn = baseUrl === dialects[factsOfKind(kind).dialect].defaultBaseUrl
  if (stage === 'dns')
    return isOwn
      ? `This server cannot look up ${host}. It seems to have no access to the internet, or its DNS does not work.`
      : `This server cannot find the host ${host}. Check the spelling of the address, and the network and DNS of this server.`
  return isOwn
    ? `This server cannot open a connection to ${host}. It seems to have no access to the internet, or a firewall is in the way.`
    : `Nothing answers at ${host}. Check that the server runs, that the port is right, and that no firewall is in the way.`
}

function stageOf({ stage, error }: Fault): ConnectionHealth['stage'] {
  if (stage === 'refused-address') return 'address'
  if (stage !== 'reply' && stage !== 'budget') return stage
  switch (error.type) {
    case 'authentication':
    case 'permission':
    case 'not-found':
    case 'rate-limit':
    case 'timeout':
      return error.type
    case 'connection':
      return 'connect'
    case 'quota-exhausted':
      return 'rate-limit'
    case 'invalid-response':
      return 'response'
    default:
      return 'provider'
  }
}
