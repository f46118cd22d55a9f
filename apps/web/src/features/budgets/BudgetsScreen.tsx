import type { Budget } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { Badge, Button, EmptyState, ErrorState, IconButton, Switch } from '../../ui/index.ts'
import { ConsolePage } from '../gateway/ConsolePage.tsx'
import { consoleQueries } from '../keys/console-queries.ts'
import { BudgetBar } from './BudgetBar.tsx'
import { BudgetDialog } from './BudgetDialog.tsx'

const periodText = { day: 'a day', week: 'a week', month: 'a month', total: 'in all' }

/** What may be spent, by whom, and how much of it is gone. */
export function BudgetsScreen() {
  const { workspace, can } = useSession()
  const query = useInfiniteQuery(consoleQueries.budgets(workspace.id))
  const [target, setTarget] = useState<Budget | 'new' | null>(null)
  const manages = can('budget:manage')
  const update = useAction(
    ({ id, enabled }: { id: string; enabled: boolean }) =>
      call('updateBudget', { params: { workspaceId: workspace.id, budgetId: id }, body: { enabled } }),
    [consoleQueries.budgets(workspace.id).queryKey],
  )
  const create = manages && (
    <Button icon="plus" onClick={() => setTarget('new')}>
      New budget
    </Button>
  )
  return (
    <ConsolePage
      title="Budgets"
      lead="A call starts only when every budget that covers it has room for the most it may cost."
      actions={query.data?.length ? create : null}
    >
      {update.error && <ErrorState error={update.error} />}
      <Loaded
        query={query}
        what="budgets"
        empty={
          <EmptyState icon="shield" title="No budgets yet" action={create}>
            Without one nothing limits what calls may cost. Begin with one for the whole workspace.
          </EmptyState>
        }
      >
        {(budgets) => (
          <ul aria-label="Budgets">
            {budgets.map((budget) => (
              <BudgetRow
                key={budget.id}
                budget={budget}
                {...(manages
                  ? {
                      edit: () => setTarget(budget),
                      setEnabled: (enabled: boolean) => void update.run({ id: budget.id, enabled }),
                    }
                  : {})}
              />
            ))}
          </ul>
        )}
      </Loaded>
      <BudgetDialog target={target} onClose={() => setTarget(null)} />
    </ConsolePage>
  )
}

interface BudgetRowProps {
  budget: Budget
  edit?: () => void
  setEnabled?: (enabled: boolean) => void
}

function BudgetRow({ budget, edit, setEnabled }: BudgetRowProps) {
  const { name, scope, scopeName, period, enabled } = budget
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 border-b border-line py-3">
      <div className="min-w-0 flex-[1_1_14rem]">
        <p className="font-medium break-words">
          {name} {!enabled && <Badge>off</Badge>}
        </p>
        <p className="text-13 break-words text-muted">
          {`${scope === 'workspace' ? 'the whole workspace' : `${scope} ${scopeName ?? 'that is gone'}`}, ${periodText[period]}`}
        </p>
      </div>
      <div className="min-w-0 flex-[2_1_18rem]">
        <BudgetBar budget={budget} />
      </div>
      {edit && setEnabled && (
        <div className="flex items-center gap-2">
          <Switch label={`${name} is in force`} hideLabel checked={enabled} onChange={setEnabled} />
          <IconButton icon="edit" label={`Change ${name}`} onClick={edit} />
        </div>
      )}
    </li>
  )
}
