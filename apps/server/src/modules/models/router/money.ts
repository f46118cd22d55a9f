import { usageOf, type JsonObject, type Usage, type UsageCounts } from '@atrium/wire'
import type { PriceSheet } from '../catalogue/prices.ts'
import type { ModelCall, RoutedRequest } from '../types.ts'
import { ceilingNanoUsd, costNanoUsd } from './cost.ts'
import type { RemoteDeployment } from './deployment.ts'
import { estimateInput } from './estimate.ts'
import type { Hold, Ledger, Payer } from './ledger.ts'

/** What is reserved for an attempt, and how much the model may write for it. */
export interface Reserved {
  readonly hold: Hold | null
  /** A ceiling for each answer to put into the request; undefined leaves the request's own. */
  readonly limit: number | undefined
  /** Output tokens of all answers beyond which the reply is cut. */
  readonly allowance: number
}

/** The attempt for which is reserved. */
export interface Attempted {
  readonly deployment: RemoteDeployment
  readonly callId: string
  readonly attempt: number
  /** What the call is, as JSON. */
  readonly about: string
}

/** Where neither request nor model has a limit, and output costs something. */
const assumedOutputTokens = 32_768
/** Every model can write this much. */
const safeOutputTokens = 4096
/** A shorter answer than this is not worth its input. */
const leastUsefulTokens = 256
/** Longer texts may be mostly pictures in base64, whose bytes say nothing of their tokens. */
const mostPlainBytes = 128 * 1024
const bytesPerTokenAtLeast = 3
/** Kinds of tokens differ in price; a ceiling must cover the dearest that this dialect can charge. */
const writesCaches: ReadonlySet<string> = new Set(['anthropic-messages'])

/** What a request asks for that costs more than plain text does. */
interface Extras {
  /** Cache writes that live an hour. */
  readonly hourly: boolean
  readonly audio: boolean
  readonly image: boolean
  readonly tier: 'priority' | undefined
}

/** Tokens of a call's input, on the high side. */
export function inputCeiling(call: ModelCall): number {
  const { raw } = call
  if (raw && raw.bodyText.length <= mostPlainBytes)
    return Math.ceil(raw.bodyText.length / bytesPerTokenAtLeast)
  return Math.ceil(estimateInput(call.request) * 1.3) + 16
}

const payerOf = ({ payer, workspaceId, personId }: ModelCall): Payer =>
  payer ?? { workspaceId, personId, keyId: null, teamIds: [] }

/** How many answers a deployment will give: only the request's own dialect can ask for several. */
const answersOf = ({ raw }: ModelCall, { dialect }: RemoteDeployment): number =>
  raw?.dialect === dialect ? (raw.answers ?? 1) : 1

/**
 * Reserves what an attempt may cost at most: all input at the dearest rate and as much output as request, target and
 * model allow, for each answer that is asked for. A hold that is smaller lowers the limit of the request to what it pays for.
 * @throws AppError BUDGET_EXHAUSTED, PRICE_UNKNOWN
 */
export function reserve(
  ledger: Ledger | undefined,
  call: ModelCall,
  at: Attempted & { readonly targetLimit: number | undefined },
): Reserved | Promise<Reserved> {
  const { deployment, targetLimit } = at
  const asked = call.raw ? call.raw.maxOutputTokens : call.request.maxOutputTokens
  const bound = smallest(targetLimit, deployment.facts.maxOutputTokens)
  if (!ledger) {
    const limit = targetLimit !== undefined && targetLimit < (asked ?? Infinity) ? targetLimit : undefined
    return { hold: null, limit, allowance: Infinity }
  }
  const output = smallest(asked, bound) ?? assumedOutputTokens
  const answers = answersOf(call, deployment)
  const asking = { deployment, input: inputCeiling(call), extras: extrasOf(call, deployment) }
  const ceiling = ceilingOf(asking, output * answers)
  const floor = ceilingOf(asking, Math.min(output, leastUsefulTokens) * answers)
  const held = ledger.hold({
    payer: payerOf(call),
    callId: at.callId,
    attempt: at.attempt,
    about: at.about,
    ceilingNanoUsd: ceiling,
    ...(floor === null ? {} : { floorNanoUsd: floor }),
  })
  const reservedBy = (hold: Hold): Reserved => {
    const isWhole = ceiling === null || hold.nanoUsd >= ceiling
    const paid = isWhole ? output : affordable(asking, output, answers, hold.nanoUsd)
    const limit = limitOf({ asked, bound, targetLimit, output, paid })
    const isFree = ceiling === null || ceiling === 0n
    return { hold, limit, allowance: isFree ? Infinity : (limit ?? paid) * answers }
  }
  return held instanceof Promise ? held.then(reservedBy) : reservedBy(held)
}

interface Limits {
  readonly asked: number | undefined
  /** What target and model allow; undefined when nobody knows. */
  readonly bound: number | undefined
  readonly targetLimit: number | undefined
  /** What was to be reserved for. */
  readonly output: number
  /** What the hold pays for. */
  readonly paid: number
}

/**
 * The ceiling that must be put into the request, if any. A provider refuses a ceiling beyond what its model can write:
 * where that is unknown and the request had none, a ceiling is named only when little is left, and a safe one.
 */
function limitOf({ asked, bound, targetLimit, output, paid }: Limits): number | undefined {
  if (asked !== undefined) return asked > paid ? paid : undefined
  if (targetLimit !== undefined || bound !== undefined) {
    const most = targetLimit === undefined ? output : Math.min(targetLimit, output)
    return paid < most || targetLimit !== undefined ? Math.min(paid, most) : undefined
  }
  return paid < output ? Math.min(paid, safeOutputTokens) : undefined
}

/** Input on its way to a deployment. */
interface Asking {
  readonly deployment: RemoteDeployment
  /** Tokens, on the high side. */
  readonly input: number
  readonly extras: Extras
}

/** Looked for in the text where there is one: what is found by mistake only reserves more. */
function extrasOf(call: ModelCall, { dialect, price }: RemoteDeployment): Extras {
  // The request itself is not touched where there is a text: a call that passes untouched is never decoded.
  const { raw } = call
  const { media = noMedia } = price ?? {}
  const mentions = (pattern: RegExp): boolean =>
    pattern.test(raw ? raw.bodyText : JSON.stringify(mediaIn(call.request)))
  const hasPrice = (...kinds: (keyof typeof media)[]): boolean =>
    kinds.some((kind) => media[kind] !== undefined)
  return {
    hourly:
      writesCaches.has(dialect) && (raw ? hourlyMark.test(raw.bodyText) : cachesForAnHour(call.request)),
    audio: hasPrice('inputAudio', 'outputAudio') && mentions(/audio/i),
    // Models that draw do so without being asked in so many words.
    image: hasPrice('outputImage') || (hasPrice('inputImage') && mentions(/image/i)),
    tier: raw?.bodyText.includes('"priority"') && priorityMark.test(raw.bodyText) ? 'priority' : undefined,
  }
}

const noMedia: NonNullable<PriceSheet['media']> = {}
const hourlyMark = /"ttl"\s*:\s*"1h"/
const priorityMark = /"service_?tier"\s*:\s*"priority"/i

const partsOf = ({ messages }: RoutedRequest) => messages.flatMap(({ content }): readonly object[] => content)

const cachesForAnHour = (request: RoutedRequest): boolean =>
  [...partsOf(request), ...(request.system ?? [])].some(
    (part) => 'cache' in part && hourlyMark.test(JSON.stringify(part.cache ?? null)),
  )

/** What a request's media are, without what they hold. */
function mediaIn(request: RoutedRequest): string[] {
  return partsOf(request).flatMap((part) => {
    if (!('source' in part) || !('type' in part)) return []
    const { source, type } = part
    const isTyped = typeof source === 'object' && source !== null && 'mimeType' in source
    return [String(type), isTyped ? String(source.mimeType) : 'audio or image']
  })
}

function ceilingOf(asking: Asking, output: number): bigint | null {
  const { deployment, input, extras } = asking
  const { hourly, audio, image, tier } = extras
  if (hourly || audio || image || tier !== undefined) return dearestOf(asking, output)
  return ceilingNanoUsd(deployment.price, {
    input,
    output,
    writesCaches: writesCaches.has(deployment.dialect),
  })
}

/** The dearest way in which a call with extras can turn out. */
function dearestOf({ deployment: { dialect, price }, input, extras }: Asking, output: number): bigint | null {
  const inputs: [UsageCounts, JsonObject][] = [[{ uncached: input }, {}]]
  if (writesCaches.has(dialect)) inputs.push([{ cacheWrite5m: input }, {}])
  const outputs: [UsageCounts, JsonObject][] = [
    [{ text: output }, {}],
    [{ reasoning: output }, {}],
  ]
  for (const kind of ['audio', 'image'] as const) {
    if (!extras[kind]) continue
    inputs.push([{ uncached: input }, { prompt_tokens_details: { [`${kind}_tokens`]: input } }])
    outputs.push([{ text: output }, { completion_tokens_details: { [`${kind}_tokens`]: output } }])
  }
  const cost = (
    [read, readRaw]: [UsageCounts, JsonObject],
    [written, writtenRaw]: [UsageCounts, JsonObject],
  ) => {
    const tier = extras.tier === undefined ? {} : { service_tier: extras.tier }
    return costNanoUsd(usageOf({ ...read, ...written }, { ...readRaw, ...writtenRaw, ...tier }), price)
  }
  if (extras.hourly) inputs.push([{ cacheWrite1h: input }, {}])
  const costs = inputs.flatMap((read) => outputs.map((written) => cost(read, written)))
  // A price that nobody knows has no ceiling.
  const known = costs.filter((one) => one !== null)
  const [plain] = costs
  if (plain === null || plain === undefined) return null
  if (extras.hourly && costs.at(-outputs.length) === null) return null
  return known.reduce((most, one) => (one > most ? one : most), plain)
}

/** Whether a call costs the same whatever it uses. */
export const isFlat = ({ input, output, reasoning, media = {} }: PriceSheet): boolean =>
  [input, output, reasoning, ...Object.values(media)].every(
    ({ base, tiers }) => base === 0n && tiers.every(({ price }) => price === 0n),
  )

/** Reserves for a request that nobody takes apart. @throws AppError BUDGET_EXHAUSTED, PRICE_UNKNOWN */
export async function reserveFor(
  ledger: Ledger | undefined,
  call: ModelCall,
  { deployment: { price }, callId, attempt, about }: Attempted,
  most: Usage | undefined,
): Promise<Hold | null> {
  if (!ledger) return null
  const flat = price && isFlat(price) ? price.perCall : null
  const ceilingNanoUsd = most ? costNanoUsd(most, price) : flat
  return ledger.hold({ payer: payerOf(call), callId, attempt, about, ceilingNanoUsd })
}

/** Output tokens of each answer that a hold pays for after the input; at least one, since the hold was granted. */
function affordable(asking: Asking, output: number, answers: number, nanoUsd: bigint): number {
  const whole = ceilingOf(asking, output * answers)
  const inputOnly = ceilingOf(asking, 0)
  if (whole === null || inputOnly === null || whole <= inputOnly) return output
  const share = ((nanoUsd - inputOnly) * BigInt(output)) / (whole - inputOnly)
  return Math.max(1, Number(share))
}

function smallest(...limits: (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
