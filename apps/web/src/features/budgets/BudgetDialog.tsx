import type { Budget, BudgetPeriod, BudgetScope } from '@atrium/contract'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { Button, Dialog, Notice, Select, TextField } from '../../ui/index.ts'
import { nanoUsdOf, usdText } from '../gateway/money.ts'
import { consoleQueries } from '../keys/console-queries.ts'

interface BudgetDialogProps {
  /** `'new'`, the budget to change, or null when closed. */
  target: Budget | 'new' | null
  onClose: () => void
}

export function BudgetDialog({ target, onClose }: BudgetDialogProps) {
  const budget = target === 'new' ? null : target
  return (
    <Dialog open={target !== null} onClose={onClose} title={budget ? `Change ${budget.name}` : 'New budget'}>
      <BudgetForm budget={budget} onSaved={onClose} />
    </Dialog>
  )
}

const scopes = [
  { value: 'workspace', label: 'The whole workspace' },
  { value: 'team', label: 'A team' },
  { value: 'person', label: 'A person' },
  { value: 'key', label: 'A key' },
] as const
const periods = [
  { value: 'day', label: 'a day' },
  { value: 'week', label: 'a week' },
  { value: 'month', label: 'a month' },
  { value: 'total', label: 'in all' },
] as const

interface Fields {
  name: string
  scope: BudgetScope
  scopeId: string
  period: BudgetPeriod
  limit: string
  alert: string
}

const fieldsOf = (budget: Budget | null): Fields => ({
  name: budget?.name ?? '',
  scope: budget?.scope ?? 'workspace',
  scopeId: budget?.scopeId ?? '',
  period: budget?.period ?? 'month',
  limit: budget ? usdText(budget.limitNanoUsd) : '',
  alert: budget ? String(budget.alertPercent ?? '') : '80',
})

function BudgetForm({ budget, onSaved }: { budget: Budget | null; onSaved: () => void }) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const [fields, setFields] = useState<Fields>(() => fieldsOf(budget))
  const change = (changes: Partial<Fields>) => setFields((now) => ({ ...now, ...changes }))
  const limitNanoUsd = nanoUsdOf(fields.limit)
  const submission = useSubmission(
    ['name', 'limitNanoUsd', 'alertPercent', 'scopeId'],
    async (idempotencyKey) => {
      const alertPercent = fields.alert === '' ? null : Number(fields.alert)
      const body = { name: fields.name.trim(), limitNanoUsd: limitNanoUsd ?? '', alertPercent }
      const { scope, scopeId, period } = fields
      const whose = scope === 'workspace' ? { scope, period } : { scope, scopeId, period }
      await (budget
        ? call('updateBudget', { params: { workspaceId, budgetId: budget.id }, body }, { idempotencyKey })
        : call('createBudget', { params: { workspaceId }, body: { ...body, ...whose } }, { idempotencyKey }))
      await client.invalidateQueries({ queryKey: consoleQueries.budgets(workspaceId).queryKey })
      onSaved()
    },
  )
  const isComplete = limitNanoUsd !== null && (fields.scope === 'workspace' || fields.scopeId !== '')
  return (
    <form {...submission.formProps} className="flex flex-col gap-4">
      {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
      <TextField
        label="Name"
        required
        maxLength={100}
        data-autofocus
        value={fields.name}
        error={submission.problemOf('name')}
        onChange={(event) => change({ name: event.target.value })}
      />
      {!budget && <Whose fields={fields} change={change} problem={submission.problemOf('scopeId')} />}
      <HowMuch {...{ fields, change, isNew: budget === null, problemOf: submission.problemOf }} />
      <Button
        type="submit"
        variant="primary"
        busy={submission.busy}
        disabled={!isComplete}
        className="self-end"
      >
        {budget ? 'Save' : 'Create budget'}
      </Button>
    </form>
  )
}

interface HowMuchProps {
  fields: Fields
  change: (changes: Partial<Fields>) => void
  isNew: boolean
  problemOf: (field: string) => string | null
}

function HowMuch({ fields, change, isNew, problemOf }: HowMuchProps) {
  const isWrong = fields.limit !== '' && nanoUsdOf(fields.limit) === null
  const limitProblem = isWrong ? 'Write dollars, such as 250 or 0.50' : null
  return (
    <div className="grid gap-3 sm:grid-cols-3">
      <TextField
        label="Limit in dollars"
        required
        inputMode="decimal"
        value={fields.limit}
        error={limitProblem ?? problemOf('limitNanoUsd')}
        onChange={(event) => change({ limit: event.target.value })}
      />
      <Select
        label="For"
        disabled={!isNew}
        options={periods}
        value={fields.period}
        onValue={(period) => change({ period })}
      />
      <TextField
        label="Warn at percent"
        type="number"
        min={1}
        max={100}
        placeholder="never"
        value={fields.alert}
        error={problemOf('alertPercent')}
        onChange={(event) => change({ alert: event.target.value })}
      />
    </div>
  )
}

interface WhoseProps {
  fields: Fields
  change: (changes: Partial<Fields>) => void
  problem: string | null
}

function Whose({ fields: { scope, scopeId }, change, problem }: WhoseProps) {
  const workspaceId = useSession().workspace.id
  const teams = useInfiniteQuery({ ...consoleQueries.teams(workspaceId), enabled: scope === 'team' })
  const people = useInfiniteQuery({ ...queries.members(workspaceId), enabled: scope === 'person' })
  const apiKeys = useInfiniteQuery({ ...queries.apiKeys(workspaceId), enabled: scope === 'key' })
  const choices = {
    workspace: [],
    team: (teams.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
    person: (people.data ?? []).map(({ personId, name }) => ({ value: personId, label: name })),
    key: (apiKeys.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
  }[scope]
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Select
        label="Whose calls"
        options={scopes}
        value={scope}
        onValue={(chosen) => change({ scope: chosen, scopeId: '' })}
      />
      {scope !== 'workspace' && (
        <Select
          label={scopes.find(({ value }) => value === scope)?.label ?? ''}
          options={[{ value: '', label: choices.length === 0 ? 'There is none' : 'Choose' }, ...choices]}
          value={scopeId}
          error={problem}
          onValue={(chosen) => change({ scopeId: chosen })}
        />
      )}
    </div>
  )
}
