import type { Budget } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { useSession } from '../../api/session.tsx'
import { ConfirmDialog } from '../../ui/index.ts'
import { consoleQueries } from '../keys/console-queries.ts'
import { whoseText } from './budget-text.ts'

interface DeleteBudgetProps {
  /** Null when closed. */
  budget: Budget | null
  onClose: () => void
}

/** Asks, by name, before a limit is taken away. */
export function DeleteBudget({ budget, onClose }: DeleteBudgetProps) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const remove = async ({ id }: Budget) => {
    await call('deleteBudget', { params: { workspaceId, budgetId: id } })
    await client.invalidateQueries({ queryKey: consoleQueries.budgets(workspaceId).queryKey })
  }
  return (
    <ConfirmDialog
      open={budget !== null}
      onClose={onClose}
      title={`Delete “${budget?.name ?? ''}”?`}
      confirmLabel="Delete budget"
      danger
      onConfirm={() => (budget ? remove(budget) : undefined)}
    >
      {budget &&
        `It no longer limits what ${whoseText(budget)} may spend. What it has paid stays in the book; its history is not shown any more.`}
    </ConfirmDialog>
  )
}
