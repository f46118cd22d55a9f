import type { DisplayCurrency, ShownCost, UsageTotals } from '@atrium/contract'
import { shownAmount } from './money.ts'

interface AmountProps {
  /** Null when the price is unknown. */
  cost: ShownCost | null
  display: DisplayCurrency
}

/** A cost in the currency of the workspace, with dollars beside it where that is another one. */
export function Amount({ cost, display }: AmountProps) {
  if (!cost) return <span className="text-warn">price unknown</span>
  const { main, usd } = shownAmount(cost, display)
  return (
    <span className="whitespace-nowrap tabular-nums">
      {main}
      {usd && <span className="text-muted"> · {usd}</span>}
    </span>
  )
}

interface SumAmountProps {
  totals: Pick<UsageTotals, 'cost' | 'unpriced'>
  display: DisplayCurrency
}

/** What calls have cost together: unknown while no price is, and marked as not all of it while some are. */
export function SumAmount({ totals: { cost, unpriced }, display }: SumAmountProps) {
  if (unpriced === 0) return <Amount cost={cost} display={display} />
  if (cost.nanoUsd === '0') return <Amount cost={null} display={display} />
  const missing = unpriced === 1 ? 'and one call' : `and ${unpriced.toLocaleString('en')} calls`
  return (
    <span>
      <Amount cost={cost} display={display} />
      <span className="block text-12 whitespace-nowrap text-warn">{missing} of unknown price</span>
    </span>
  )
}
