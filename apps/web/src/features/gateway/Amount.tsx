import type { DisplayCurrency, ShownCost } from '@atrium/contract'
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
