import type { AttributeValue, Attributes, Batch, OtlpSpan } from '@atrium/wire/otlp'
import { seedAgents, type SeedAgent } from './agents.ts'
import { seedModels, type PriceList } from './models.ts'
import { Random } from './random.ts'
import { runAgent } from './run.ts'
import { hourMs, incidentsOf, load, versionAt, type Incident } from './seasons.ts'
import { Trace } from './trace.ts'

export interface SeedOptions {
  /** Another one makes other telemetry of the same kind. */
  readonly seed: number
  /** How many, exactly. */
  readonly spans: number
  readonly days: number
  /** No span ends later. */
  readonly until: Date
  readonly prices: PriceList
}

/** One run of an agent: a trace. */
export interface SeedRun {
  readonly session: string
  readonly resource: Attributes
  /** Each after its parent. */
  readonly spans: readonly OtlpSpan[]
}

/**
 * Telemetry of several agents over some days, by the hour: with working hours, weekends, releases and incidents. The same
 * options give the same spans, ids included, wherever and whenever it is made.
 */
export function* seedRuns(options: SeedOptions): Generator<SeedRun> {
  const { seed, spans, days, until, prices } = options
  const untilMs = until.getTime()
  const fromMs = untilMs - days * 24 * hourMs
  const random = new Random(`${seed} ${spans} ${days} ${untilMs}`)
  const incidents = incidentsOf(random, fromMs, days, targets)
  const making: Making = { random, incidents, prices, fromMs, untilMs }
  const slots = slotsOf(making, days * 24)
  const all = slots.reduce((sum, { total }) => sum + total, 0)
  let owed = 0
  let made = 0
  for (const slot of slots) {
    owed += (slot.total / all) * spans
    while (owed > 0 && made < spans) {
      for (const run of sessionIn(making, slot)) {
        const kept = run.spans.slice(0, spans - made)
        made += kept.length
        owed -= kept.length
        yield { ...run, spans: kept }
        if (made === spans) return
      }
    }
  }
}

const targets = {
  providers: [...new Set(Object.values(seedModels).map(({ provider }) => provider))],
  services: [...new Set(seedAgents.map(({ service }) => service))],
}

interface Making {
  readonly random: Random
  readonly incidents: readonly Incident[]
  readonly prices: PriceList
  readonly fromMs: number
  readonly untilMs: number
}

/** An hour, and how much each agent works in it. */
interface Slot {
  readonly startMs: number
  readonly weights: readonly number[]
  readonly total: number
}

/** More happens at the end than at the beginning, and no hour is quite as the same hour of another day. */
function slotsOf({ random, fromMs }: Making, hours: number): Slot[] {
  return Array.from({ length: hours }, (_, index) => {
    const startMs = fromMs + index * hourMs
    const growth = 1 + (0.35 * index) / hours
    const weights = seedAgents.map(
      ({ rhythm, share }) => share * load(rhythm, startMs) * growth * random.between(0.85, 1.15),
    )
    return { startMs, weights, total: weights.reduce((sum, weight) => sum + weight, 0) }
  })
}

/** A session begins within the hour: one run, or several with pauses in which the person reads and writes. */
function* sessionIn(making: Making, slot: Slot): Generator<SeedRun> {
  const { random, untilMs } = making
  const agent = random.weighted(seedAgents, (_, index) => slot.weights[index] ?? 0)
  const session = `${agent.service}-${random.hex(2)}`
  const user = agent.users && userOf(random, agent.users)
  const isStaging = random.chance(0.12)
  const turns = agent.users ? Math.min(8, Math.ceil(random.around(1.8, 0.6))) : 1
  let startMs = slot.startMs + random.share() * hourMs
  let earlierTokens = 0
  for (let turn = 0; turn < turns; turn += 1) {
    const trace = new Trace(random, [
      ['gen_ai.conversation.id', session],
      ...(user === null ? [] : [['user.id', user] as const]),
    ])
    const root = runAgent(
      { ...making, load: load(agent.rhythm, startMs), trace },
      agent,
      startMs,
      null,
      earlierTokens,
    )
    const overMs = Math.ceil(Math.max(0, root.endMs - untilMs))
    if (turn > 0 && overMs > 0) return
    yield { session, resource: resourceOf(agent, isStaging, startMs), spans: trace.finished(-overMs) }
    startMs = root.endMs - overMs + random.around(45_000, 0.8)
    earlierTokens += random.whole(250, 900)
  }
}

/** A few come often, most seldom. */
function userOf(random: Random, { prefix, count }: { prefix: string; count: number }): string {
  const place = Math.floor(count * random.share() ** 2.5)
  return `${prefix}-${String(place + 1).padStart(4, '0')}`
}

const resources = new Map<string, Attributes>()

/** Equal ones are the same object, so that spans can be put together by it. */
function resourceOf(agent: SeedAgent, isStaging: boolean, atMs: number): Attributes {
  const version = versionAt(agent.major, agent.releaseDays, atMs, isStaging ? 1 : 0)
  const environment = isStaging ? 'staging' : 'production'
  const key = `${agent.service} ${version} ${environment}`
  const known = resources.get(key)
  if (known) return known
  const made = new Map<string, AttributeValue>([
    ['service.name', agent.service],
    ['service.version', version],
    ['service.namespace', agent.team],
    ['deployment.environment.name', environment],
    ['atrium.project', agent.project],
    ['telemetry.sdk.language', 'nodejs'],
    ['telemetry.sdk.name', 'opentelemetry'],
  ])
  resources.set(key, made)
  return made
}

const scope = { name: 'atrium-seed', version: '1', attributes: new Map() } as const

/** Puts spans together as exporters do; each gives what goes into one request. */
export function* requestsOf(runs: Iterable<SeedRun>, spansPerRequest: number): Generator<Batch<OtlpSpan>[]> {
  let open = new Map<Attributes, OtlpSpan[]>()
  let count = 0
  for (const { resource, spans } of runs) {
    const records = open.get(resource) ?? []
    open.set(resource, records)
    records.push(...spans)
    count += spans.length
    if (count < spansPerRequest) continue
    yield batchesOf(open)
    open = new Map()
    count = 0
  }
  if (count > 0) yield batchesOf(open)
}

const batchesOf = (open: ReadonlyMap<Attributes, OtlpSpan[]>): Batch<OtlpSpan>[] =>
  [...open].map(([resource, records]) => ({ resource, scope, records }))
