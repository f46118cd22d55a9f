import type { Budget } from '@atrium/contract'
import { formatDay, formatUsd } from '../../format.ts'
import { budgetShares, periodText } from './budget-text.ts'

interface BudgetBarProps {
  budget: Budget
  /** Says no more than what is spent of what: for a cell of a table. */
  brief?: boolean
}

/** How much of a budget is gone. */
export function BudgetBar({ budget, brief = false }: BudgetBarProps) {
  const { spent, held } = budgetShares(budget)
  const isNear = spent + held >= (budget.alertPercents.at(-1) ?? 100)
  return (
    <div className="w-full min-w-0">
      <div aria-hidden="true" className="relative flex h-1.5 w-full overflow-hidden rounded-full bg-pressed">
        <div className={isNear ? 'bg-danger' : 'bg-chart-1'} style={{ width: `${spent}%` }} />
        <div className="bg-chart-2" style={{ width: `${held}%` }} />
        {budget.alertPercents.map((percent) => (
          <div key={percent} className="absolute inset-y-0 w-px bg-muted" style={{ left: `${percent}%` }} />
        ))}
      </div>
      <p className="mt-1 text-12 font-normal text-muted tabular-nums">
        {brief ? briefText(budget) : wholeText(budget)}
        {budget.enabled && (
          <span className={isNear ? 'text-danger' : 'text-warn'}>{stateText(budget, isNear)}</span>
        )}
      </p>
    </div>
  )
}

/** The highest share that was reached, or that little is left. */
function stateText({ alerts }: Budget, isNear: boolean): string {
  const reached = alerts.at(-1)
  if (reached) return ` · ${reached.percent} % reached`
  return isNear ? ' · nearly spent' : ''
}

const briefText = ({ spentNanoUsd, limitNanoUsd, period, enabled }: Budget): string =>
  `${formatUsd(spentNanoUsd)} of ${formatUsd(limitNanoUsd)} ${periodText[period]}${enabled ? '' : ', off'}`

function wholeText({ spentNanoUsd, heldNanoUsd, leftNanoUsd, limitNanoUsd, endsAt }: Budget): string {
  const held = heldNanoUsd === '0' ? '' : `${formatUsd(heldNanoUsd)} held, `
  const anew = endsAt ? ` · anew on ${formatDay(endsAt)}` : ''
  return `${formatUsd(spentNanoUsd)} spent, ${held}${formatUsd(leftNanoUsd)} left of ${formatUsd(limitNanoUsd)}${anew}`
}
