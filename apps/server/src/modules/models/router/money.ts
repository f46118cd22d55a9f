import { usageOf } from '@atrium/wire'
import type { ModelCall } from '../types.ts'
import { costNanoUsd } from './cost.ts'
import type { RemoteDeployment } from './deployment.ts'
import { estimateInput } from './estimate.ts'
import type { Hold, Ledger, Payer } from './ledger.ts'

/** What is reserved for an attempt, and how much the model may write for it. */
export interface Reserved {
  readonly hold: Hold | null
  /** A ceiling to put into the request; undefined leaves the request's own. */
  readonly limit: number | undefined
  /** Output tokens beyond which the reply is cut. */
  readonly allowance: number
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

/** Tokens of a call's input, on the high side. */
export function inputCeiling(call: ModelCall): number {
  const { raw } = call
  if (raw && raw.bodyText.length <= mostPlainBytes)
    return Math.ceil(raw.bodyText.length / bytesPerTokenAtLeast)
  return Math.ceil(estimateInput(call.request) * 1.3) + 16
}

const payerOf = ({ payer, workspaceId, personId }: ModelCall): Payer =>
  payer ?? { workspaceId, personId, keyId: null, teamIds: [] }

/**
 * Reserves what an attempt may cost at most: all input at the dearest rate and as much output as request, target and
 * model allow. A hold that is smaller lowers the limit of the request to what it pays for.
 * @throws AppError BUDGET_EXHAUSTED, PRICE_UNKNOWN
 */
export async function reserve(
  ledger: Ledger | undefined,
  call: ModelCall,
  at: { deployment: RemoteDeployment; callId: string; attempt: number; targetLimit: number | undefined },
): Promise<Reserved> {
  const { deployment, targetLimit } = at
  const asked = call.raw ? call.raw.maxOutputTokens : call.request.maxOutputTokens
  const bound = smallest(targetLimit, deployment.facts.maxOutputTokens)
  if (!ledger) {
    const limit = targetLimit !== undefined && targetLimit < (asked ?? Infinity) ? targetLimit : undefined
    return { hold: null, limit, allowance: Infinity }
  }
  const input = inputCeiling(call)
  const output = smallest(asked, bound) ?? assumedOutputTokens
  const ceiling = ceilingOf(deployment, input, output)
  const floor = ceilingOf(deployment, input, Math.min(output, leastUsefulTokens))
  const hold = await ledger.hold({
    payer: payerOf(call),
    callId: at.callId,
    attempt: at.attempt,
    ceilingNanoUsd: ceiling,
    ...(floor === null ? {} : { floorNanoUsd: floor }),
  })
  const paid =
    ceiling === null || hold.nanoUsd >= ceiling ? output : affordable(deployment, input, output, hold.nanoUsd)
  const limit = limitOf({ asked, bound, targetLimit, output, paid })
  return { hold, limit, allowance: ceiling === null || ceiling === 0n ? Infinity : (limit ?? paid) }
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

function ceilingOf(deployment: RemoteDeployment, input: number, output: number): bigint | null {
  const { price } = deployment
  if (!price) return null
  const plain = dearest(deployment, { uncached: input }, output)
  if (!writesCaches.has(deployment.dialect) || plain === null) return plain
  const written = dearest(deployment, { cacheWrite5m: input }, output)
  return written !== null && written > plain ? written : plain
}

function dearest(
  { price }: RemoteDeployment,
  input: { uncached: number } | { cacheWrite5m: number },
  output: number,
): bigint | null {
  const cost = (counts: { text: number } | { reasoning: number }): bigint | null =>
    costNanoUsd(usageOf({ ...input, ...counts }, null), price)
  const text = cost({ text: output })
  const reasoning = cost({ reasoning: output })
  return text !== null && reasoning !== null && reasoning > text ? reasoning : text
}

/** Output tokens that a hold pays for after the input; at least one, since the hold was granted. */
function affordable(deployment: RemoteDeployment, input: number, output: number, nanoUsd: bigint): number {
  const whole = ceilingOf(deployment, input, output)
  const inputOnly = ceilingOf(deployment, input, 0)
  if (whole === null || inputOnly === null || whole <= inputOnly) return output
  const share = ((nanoUsd - inputOnly) * BigInt(output)) / (whole - inputOnly)
  return Math.max(1, Number(share))
}

function smallest(...limits: (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
