import type { Budget } from '@atrium/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { Button, Dialog, Notice, TextField } from '../../ui/index.ts'
import { consoleQueries } from '../keys/console-queries.ts'
import {
  type BudgetFields,
  type BudgetSeed,
  fieldsOf,
  isComplete,
  settingsOf,
  whoseOf,
} from './budget-form.ts'
import { HowMuch, UnknownPrice, Whose } from './BudgetFieldset.tsx'

interface BudgetDialogProps {
  /** `'new'`, a new one for somebody who is known, the budget to change, or null when closed. */
  target: Budget | BudgetSeed | 'new' | null
  onClose: () => void
}

export function BudgetDialog({ target, onClose }: BudgetDialogProps) {
  const budget = target !== null && target !== 'new' && 'id' in target ? target : null
  const seed = target !== null && target !== 'new' && !('id' in target) ? target : null
  const title = seed ? `New budget for ${seed.name}` : 'New budget'
  return (
    <Dialog open={target !== null} onClose={onClose} title={budget ? `Change ${budget.name}` : title}>
      <BudgetForm budget={budget} seed={seed} onSaved={onClose} />
    </Dialog>
  )
}

interface BudgetFormProps {
  budget: Budget | null
  seed: BudgetSeed | null
  onSaved: () => void
}

const shownFields = ['name', 'limitNanoUsd', 'alertPercents', 'scopeId', 'timeZone', 'unknownPrice.nanoUsd']

function BudgetForm({ budget, seed, onSaved }: BudgetFormProps) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const { data: money } = useQuery(consoleQueries.money(workspaceId))
  const [edited, setFields] = useState<BudgetFields>(() => fieldsOf(budget, seed))
  const fields = { ...edited, timeZone: edited.timeZone || (money?.timeZone ?? 'UTC') }
  const change = (changes: Partial<BudgetFields>) => setFields((now) => ({ ...now, ...changes }))
  const { formProps, problem, problemOf, busy } = useSubmission(shownFields, async (idempotencyKey) => {
    const body = settingsOf(fields)
    await (budget
      ? call('updateBudget', { params: { workspaceId, budgetId: budget.id }, body }, { idempotencyKey })
      : call(
          'createBudget',
          { params: { workspaceId }, body: { ...body, ...whoseOf(fields) } },
          { idempotencyKey },
        ))
    await client.invalidateQueries({ queryKey: consoleQueries.budgets(workspaceId).queryKey })
    onSaved()
  })
  const part = { fields, change, problemOf }
  return (
    <form {...formProps} className="flex flex-col gap-4">
      {problem && <Notice tone="danger">{problem}</Notice>}
      <TextField
        label="Name"
        required
        maxLength={100}
        data-autofocus
        value={fields.name}
        error={problemOf('name')}
        onChange={(event) => change({ name: event.target.value })}
      />
      {!budget && !seed && <Whose {...part} />}
      <HowMuch {...part} isNew={budget === null} />
      <UnknownPrice {...part} />
      <div className="form-actions">
        <Button type="submit" variant="primary" busy={busy} disabled={!isComplete(fields)}>
          {budget ? 'Save' : 'Create budget'}
        </Button>
      </div>
    </form>
  )
}
