import type { Budget } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { Button, EmptyState, ErrorState } from '../../ui/index.ts'
import { ConsolePage } from '../gateway/ConsolePage.tsx'
import { consoleQueries } from '../keys/console-queries.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { BudgetDialog } from './BudgetDialog.tsx'
import { BudgetHistory } from './BudgetHistory.tsx'
import { BudgetRow } from './BudgetRow.tsx'
import { CreditsSection } from './CreditsSection.tsx'
import { DeleteBudget } from './DeleteBudget.tsx'
import { HoldsSection } from './HoldsSection.tsx'

/** What may be spent, by whom, and how much of it is gone. */
export function BudgetsScreen() {
  const { can } = useSession()
  return (
    <ConsolePage
      title="Budgets"
      lead="A call starts only when every budget that covers it has room for the most it may cost."
    >
      <BudgetsSection />
      <CreditsSection />
      {can('budget:manage') && <HoldsSection />}
    </ConsolePage>
  )
}

function BudgetsSection() {
  const { workspace, can } = useSession()
  const query = useInfiniteQuery(consoleQueries.budgets(workspace.id))
  const [target, setTarget] = useState<Budget | 'new' | null>(null)
  const [shown, setShown] = useState<Budget | null>(null)
  const [doomed, setDoomed] = useState<Budget | null>(null)
  const update = useAction(
    ({ id, enabled }: { id: string; enabled: boolean }) =>
      call('updateBudget', { params: { workspaceId: workspace.id, budgetId: id }, body: { enabled } }),
    [consoleQueries.budgets(workspace.id).queryKey],
  )
  const create = can('budget:manage') && (
    <Button icon="plus" onClick={() => setTarget('new')}>
      New budget
    </Button>
  )
  const actsOn = (budget: Budget) => ({
    edit: () => setTarget(budget),
    remove: () => setDoomed(budget),
    setEnabled: (enabled: boolean) => void update.run({ id: budget.id, enabled }),
    pending: update.input?.id === budget.id ? update.input.enabled : undefined,
  })
  return (
    <PanelSection title="Limits" action={query.data?.length ? create : null}>
      {update.error && <ErrorState error={update.error} />}
      <Loaded query={query} what="budgets" empty={<NoBudgets action={create} />}>
        {(budgets) => (
          <ul aria-label="Budgets" className="-mt-3">
            {budgets.map((budget) => (
              <BudgetRow
                key={budget.id}
                budget={budget}
                showHistory={() => setShown(budget)}
                acts={can('budget:manage') ? actsOn(budget) : null}
              />
            ))}
          </ul>
        )}
      </Loaded>
      <BudgetDialog target={target} onClose={() => setTarget(null)} />
      <BudgetHistory budget={shown} onClose={() => setShown(null)} />
      <DeleteBudget budget={doomed} onClose={() => setDoomed(null)} />
    </PanelSection>
  )
}

const NoBudgets = ({ action }: { action: ReactNode }) => (
  <EmptyState icon="shield" title="No budgets yet" action={action}>
    Without one nothing limits what calls may cost. Begin with one for the whole workspace.
  </EmptyState>
)
