import type { Message } from '@atrium/contract'
import { dollars, inputTokens, outputTokens } from './format.ts'

/** What the answers of a conversation have cost: known, unknown, or known in part. */
export interface TotalCost {
  /** A few signs, such as `$0.12`, `price unknown` or `over $0.12`. */
  readonly short: string
  /** The same in a sentence's words. */
  readonly long: string
}

/** Adds up what is known. An unknown price is never shown as nothing. */
export function totalCost(messages: readonly Message[]): TotalCost {
  const costs = messages.filter(wasCharged).map(({ costNanoUsd }) => costNanoUsd)
  const unknown = costs.filter((cost) => cost === null).length
  const known = costs.reduce((sum, cost) => sum + BigInt(cost ?? 0), 0n)
  if (unknown === 0) return { short: dollars(known), long: dollars(known) }
  if (known === 0n) return { short: 'price unknown', long: 'price unknown' }
  const others = unknown === 1 ? 'one answer' : `${unknown} answers`
  return { short: `over ${dollars(known)}`, long: `${dollars(known)}, and ${others} at an unknown price` }
}

/** A provider has answered, or may have: an interrupted answer has no count of its own. */
const wasCharged = ({ role, status, usage }: Message): boolean =>
  role === 'assistant' && status !== 'streaming' && (usage !== null || status === 'interrupted')

/**
 * Tokens that the conversation takes up in a model's context: those of the last answer that counted any. A call that
 * failed before its provider said anything counts none. Null when nothing is known.
 */
export function tokensInContext(messages: readonly Message[]): number | null {
  const counts = messages.flatMap(({ usage }) => (usage ? [inputTokens(usage) + outputTokens(usage)] : []))
  return counts.findLast((count) => count > 0) ?? null
}
