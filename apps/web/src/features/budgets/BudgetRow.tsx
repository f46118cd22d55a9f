import type { Budget } from '@atrium/contract'
import { Badge, IconButton, Switch } from '../../ui/index.ts'
import { periodText, unknownPriceText, whoseText } from './budget-text.ts'
import { BudgetBar } from './BudgetBar.tsx'

interface BudgetRowProps {
  budget: Budget
  showHistory: () => void
  /** Null for who may only read it. */
  acts: {
    edit: () => void
    remove: () => void
    setEnabled: (enabled: boolean) => void
    /** Where the switch goes while that is on its way. */
    pending: boolean | undefined
  } | null
}

/** One budget: whose it is, what it lets through, and what is gone of it. */
export function BudgetRow({ budget, showHistory, acts }: BudgetRowProps) {
  const { name, period, enabled, timeZone } = budget
  const zone = period === 'total' ? '' : `, ${timeZone.replaceAll('_', ' ')}`
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 border-b border-line py-3">
      <div className="min-w-0 flex-[1_1_14rem]">
        <p className="font-medium break-words">
          {name} {!enabled && <Badge tone="warn">off</Badge>}
        </p>
        <p className="text-13 break-words text-muted">{`${whoseText(budget)}, ${periodText[period]}${zone}`}</p>
        <p className="text-12 text-muted">{unknownPriceText(budget)}</p>
      </div>
      <div className="min-w-0 flex-[2_1_18rem]">
        <BudgetBar budget={budget} />
      </div>
      <div className="flex items-center gap-1">
        {acts && (
          <Switch
            label={`${name} is in force`}
            hideLabel
            checked={acts.pending ?? enabled}
            onChange={acts.setEnabled}
          />
        )}
        <IconButton icon="history" label={`What ${name} has spent`} onClick={showHistory} />
        {acts && <IconButton icon="edit" label={`Change ${name}`} onClick={acts.edit} />}
        {acts && <IconButton icon="trash" label={`Delete ${name}`} onClick={acts.remove} />}
      </div>
    </li>
  )
}
