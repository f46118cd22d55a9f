import type { Budget, BudgetPeriod } from '@atrium/contract'
import { formatUsd } from '../../format.ts'

export const periodText: Record<BudgetPeriod, string> = {
  day: 'a day',
  week: 'a week',
  month: 'a month',
  total: 'in all',
}

type Amounts = Pick<Budget, 'limitNanoUsd' | 'spentNanoUsd' | 'heldNanoUsd'>

/** Spent and held as parts of the limit in percent, together 100 at most. */
export function budgetShares({ limitNanoUsd, spentNanoUsd, heldNanoUsd }: Amounts): {
  spent: number
  held: number
} {
  const limit = Number(limitNanoUsd)
  if (limit === 0) return { spent: 100, held: 0 }
  const spent = Math.min(100, (Number(spentNanoUsd) / limit) * 100)
  return { spent, held: Math.min(100 - spent, (Number(heldNanoUsd) / limit) * 100) }
}

/** Whose calls it pays for. */
export const whoseText = ({ scope, scopeName }: Pick<Budget, 'scope' | 'scopeName'>): string =>
  scope === 'workspace' ? 'the whole workspace' : `${scope} ${scopeName ?? 'that is gone'}`

/** What becomes of calls whose price nobody knows. */
export const unknownPriceText = ({ unknownPrice }: Pick<Budget, 'unknownPrice'>): string =>
  unknownPrice.rule === 'block'
    ? 'refuses calls of unknown price'
    : `calls of unknown price cost ${formatUsd(unknownPrice.nanoUsd)} each`
