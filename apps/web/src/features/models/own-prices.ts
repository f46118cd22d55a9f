import type { PriceOverride } from '@atrium/contract'
import type { PricedModel } from './price-form.ts'

/** What an own price is for a model at this moment. */
export type OwnPriceState = 'counts' | 'later' | 'behind'

export interface OwnPrice {
  override: PriceOverride
  state: OwnPriceState
}

/**
 * The own prices that fit a model, the last to begin first.
 * @param countsId which of them the server says counts now; null when none
 */
export function ownPricesOf(
  overrides: readonly PriceOverride[],
  { upstreamId, connectionId }: PricedModel,
  countsId: string | null,
  nowMs: number,
): OwnPrice[] {
  return overrides
    .filter(
      (override) =>
        (override.connectionId === null || override.connectionId === connectionId) &&
        fitsPattern(override.modelPattern, upstreamId),
    )
    .toSorted((a, b) => Date.parse(b.effectiveFrom) - Date.parse(a.effectiveFrom))
    .map((override) => ({ override, state: stateOf(override, countsId, nowMs) }))
}

function stateOf(
  { id, effectiveFrom }: PriceOverride,
  countsId: string | null,
  nowMs: number,
): OwnPriceState {
  if (id === countsId) return 'counts'
  return Date.parse(effectiveFrom) > nowMs ? 'later' : 'behind'
}

/** Whether a model's id is of the pattern, in which `*` stands for any characters; without regard to case, as the server does. */
export function fitsPattern(pattern: string, upstreamId: string): boolean {
  const [head = '', ...rest] = pattern.toLowerCase().split('*')
  const text = upstreamId.toLowerCase()
  const tail = rest.pop()
  if (tail === undefined) return text === head
  if (!text.startsWith(head)) return false
  let place = head.length
  for (const part of rest) {
    const found = text.indexOf(part, place)
    if (found < 0) return false
    place = found + part.length
  }
  return text.length - tail.length >= place && text.endsWith(tail)
}

/** For which models a price counts, as seen from one of them. */
export function whichText(
  { modelPattern, connectionId }: Pick<PriceOverride, 'modelPattern' | 'connectionId'>,
  { upstreamId }: PricedModel,
): string {
  const where = connectionId === null ? 'at every connection' : 'at this connection'
  return modelPattern === upstreamId
    ? `For this model ${where}.`
    : `For models named ${modelPattern} ${where}.`
}
