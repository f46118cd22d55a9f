import type { Budget, BudgetScope } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSession } from '../../api/session.tsx'
import { Button } from '../../ui/index.ts'
import { consoleQueries } from '../keys/console-queries.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { BudgetBar } from './BudgetBar.tsx'
import { BudgetDialog } from './BudgetDialog.tsx'

/** The budgets of single teams, people or keys, by the id of whose they are. Nothing for who may not read budgets. */
export function useBudgetsOf(scope: BudgetScope): (scopeId: string) => Budget[] {
  const { workspace, can } = useSession()
  const { data } = useInfiniteQuery({
    ...consoleQueries.budgets(workspace.id),
    enabled: can('budget:read'),
  })
  const found = Map.groupBy(
    (data ?? []).filter((budget) => budget.scope === scope),
    ({ scopeId }) => scopeId,
  )
  return (scopeId) => found.get(scopeId) ?? []
}

/** Budgets in a cell of a table. Who does not manage budgets sees some of them only, so for them there may be others. */
export function BudgetBars({ budgets }: { budgets: readonly Budget[] }) {
  const { can } = useSession()
  if (budgets.length === 0) return <span className="text-muted">{can('budget:manage') ? 'none' : '–'}</span>
  return (
    <div className="flex w-full min-w-40 flex-col gap-1">
      {budgets.map((budget) => (
        <BudgetBar key={budget.id} budget={budget} brief />
      ))}
    </div>
  )
}

interface ScopedBudgetsProps {
  scope: 'team' | 'key'
  scopeId: string
  scopeName: string
}

/** The budgets of one team or key, and a way to give it another. */
export function ScopedBudgets({ scope, scopeId, scopeName }: ScopedBudgetsProps) {
  const { can } = useSession()
  const budgets = useBudgetsOf(scope)(scopeId)
  const [creating, setCreating] = useState(false)
  if (!can('budget:read') || (budgets.length === 0 && !can('budget:manage'))) return null
  return (
    <PanelSection
      title="Budgets"
      action={
        can('budget:manage') && (
          <Button size="sm" icon="plus" onClick={() => setCreating(true)}>
            Give it a budget
          </Button>
        )
      }
    >
      {budgets.length === 0 ? (
        <p className="text-13 text-muted">{`This ${scope} has no budget of its own.`}</p>
      ) : (
        <ul className="flex flex-col gap-3">
          {budgets.map((budget) => (
            <li key={budget.id}>
              <p className="text-13 font-medium break-words">{budget.name}</p>
              <BudgetBar budget={budget} />
            </li>
          ))}
        </ul>
      )}
      <BudgetDialog
        target={creating ? { scope, scopeId, name: scopeName } : null}
        onClose={() => setCreating(false)}
      />
    </PanelSection>
  )
}
