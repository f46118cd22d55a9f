import type { Budget } from '@atrium/contract'
import { formatDay, formatUsd } from '../../format.ts'

/** Spent and held as parts of the limit in percent, together 100 at most. */
function budgetShares({
  limitNanoUsd,
  spentNanoUsd,
  heldNanoUsd,
}: Pick<Budget, 'limitNanoUsd' | 'spentNanoUsd' | 'heldNanoUsd'>): { spent: number; held: number } {
  const limit = Number(limitNanoUsd)
  if (limit === 0) return { spent: 100, held: 0 }
  const spent = Math.min(100, (Number(spentNanoUsd) / limit) * 100)
  return { spent, held: Math.min(100 - spent, (Number(heldNanoUsd) / limit) * 100) }
}

/** How much of a budget is gone. */
export function BudgetBar({ budget }: { budget: Budget }) {
  const { spent, held } = budgetShares(budget)
  const isNear = spent + held >= (budget.alertPercent ?? 100)
  return (
    <div className="w-full min-w-0">
      <div aria-hidden="true" className="flex h-1.5 w-full overflow-hidden rounded-full bg-pressed">
        <div className={isNear ? 'bg-danger' : 'bg-chart-1'} style={{ width: `${spent}%` }} />
        <div className="bg-chart-2" style={{ width: `${held}%` }} />
      </div>
      <p className="mt-1 text-12 text-muted tabular-nums">
        {`${formatUsd(budget.spentNanoUsd)} spent, `}
        {budget.heldNanoUsd !== '0' && `${formatUsd(budget.heldNanoUsd)} held, `}
        {`${formatUsd(budget.leftNanoUsd)} left of ${formatUsd(budget.limitNanoUsd)}`}
        {budget.endsAt && ` · anew on ${formatDay(budget.endsAt)}`}
      </p>
    </div>
  )
}
