import { createRequire } from 'node:module'

/** Text that names a model or provider, compared without regard to case; regular expressions as they stand. */
export type Match =
  | { readonly or: readonly Match[] }
  | { readonly and: readonly Match[] }
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string }

/** Dollars per million tokens; above a tier's start all tokens of a call cost the tier's price. */
export type PublishedRate =
  | number
  | { readonly base: number; readonly tiers: readonly { readonly start: number; readonly price: number }[] }

/** By the names of the price list: `input_mtok`, `cache_read_mtok`, `requests_kcount`. */
export type PublishedPrices = Readonly<Record<string, PublishedRate>>

/** From a day on, or between two times of the day (UTC unless they say otherwise). */
export type Constraint =
  | { readonly type: 'start_date'; readonly start_date: string }
  | { readonly type: 'time_of_date'; readonly start_time: string; readonly end_time: string }

export interface PublishedModel {
  readonly id: string
  readonly name?: string
  readonly contextTokens?: number
  readonly match: Match
  /** Of several the last whose constraint holds counts. */
  readonly prices: readonly { readonly constraint?: Constraint; readonly prices: PublishedPrices }[]
}

export interface PublishedProvider {
  readonly id: string
  /** Regular expression of the addresses at which it answers, from their beginning. */
  readonly address: string
  /** Names by which its models are known wherever they run. */
  readonly makes?: Match
  /** Whose lists are asked when the own one does not have a model. */
  readonly fallback?: readonly string[]
  readonly models: readonly PublishedModel[]
}

/** The price list of one day, as `npm run prices:update` has stored it. */
export interface Snapshot {
  /** Package and version that it was made from. */
  readonly version: string
  readonly url: string
  readonly license: string
  /** Day on which it was taken. */
  readonly date: string
  readonly providers: readonly PublishedProvider[]
}

const require = createRequire(import.meta.url)

/** Read with the first question: a server without remote models never asks one. Node keeps what it has loaded. */
export const publishedSnapshot = (): Snapshot => require('./prices.snapshot.json') as Snapshot

/** The model that a provider calls so; the provider by its address or by its id in the price list. */
export function findPublished(
  provider: { readonly address: string } | { readonly id: string },
  upstreamId: string,
  { providers }: Snapshot = publishedSnapshot(),
): PublishedModel | undefined {
  const found = providers.find((one) =>
    'id' in provider ? one.id === provider.id : new RegExp(`^(?:${one.address})`).test(provider.address),
  )
  if (!found) return undefined
  const id = upstreamId.toLowerCase().trim()
  return modelOf(found, id, providers) ?? modelOf(found, undated(id), providers)
}

/** The model by its name alone, for what is the same wherever it runs: names, context windows. */
export function findByName(
  upstreamId: string,
  { providers }: Snapshot = publishedSnapshot(),
): PublishedModel | undefined {
  const id = upstreamId.toLowerCase().trim()
  const maker = providers.find(({ makes }) => makes && matches(makes, id))
  return maker && (modelOf(maker, id, providers) ?? modelOf(maker, undated(id), providers))
}

/** What a model costs at a moment. */
export function pricesAt({ prices }: PublishedModel, at: Date): PublishedPrices {
  const held = prices.findLast(({ constraint }) => constraint === undefined || holds(constraint, at))
  return (held ?? prices[0])?.prices ?? {}
}

function modelOf(
  provider: PublishedProvider,
  id: string,
  providers: readonly PublishedProvider[],
): PublishedModel | undefined {
  const own = provider.models.find((model) => matches(model.match, id))
  if (own) return own
  for (const other of provider.fallback ?? []) {
    const fallback = providers.find((one) => one.id === other)
    const found = fallback && modelOf(fallback, id, [])
    if (found) return found
  }
  return undefined
}

/** `-20250929` as `-2025-09-29`, which some lists write. */
const undated = (id: string): string =>
  id.replace(/-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g, '-$1-$2-$3')

function matches(match: Match, id: string): boolean {
  if ('or' in match) return match.or.some((one) => matches(one, id))
  if ('and' in match) return match.and.every((one) => matches(one, id))
  if ('equals' in match) return id === match.equals.toLowerCase()
  if ('starts_with' in match) return id.startsWith(match.starts_with.toLowerCase())
  if ('ends_with' in match) return id.endsWith(match.ends_with.toLowerCase())
  if ('contains' in match) return id.includes(match.contains.toLowerCase())
  return new RegExp(match.regex).test(id)
}

function holds(constraint: Constraint, at: Date): boolean {
  if (constraint.type === 'start_date') return at >= new Date(constraint.start_date)
  const now = (at.getTime() % dayMs) / 1000
  const start = secondsOf(constraint.start_time)
  const end = secondsOf(constraint.end_time)
  return end < start ? now >= start || now < end : now >= start && now < end
}

const dayMs = 86_400_000

/** Seconds after midnight UTC of `16:30:00Z` or `00:30:00+08:00`. */
const secondsOf = (time: string): number => (Date.parse(`2000-01-01T${time}`) % dayMs) / 1000
