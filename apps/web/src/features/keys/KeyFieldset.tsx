import type { Permission } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { permissions } from '../../api/contract.gen.ts'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { Checkbox, Select, TextArea, TextField } from '../../ui/index.ts'
import { periodText } from '../budgets/budget-text.ts'
import { nanoUsdOf } from '../gateway/money.ts'
import { consoleQueries } from './console-queries.ts'
import { type KeyFields, presets } from './key-form.ts'

export interface KeyPartProps {
  fields: KeyFields
  change: (changes: Partial<KeyFields>) => void
  problemOf: (field: string) => string | null
}

const presetOptions = [
  { value: 'gateway', label: 'Gateway: call models' },
  { value: 'chat', label: 'Atrium API: conversations and files' },
  { value: 'own', label: 'Choose permissions' },
] as const

/** Whose rights a new key has; only admins may make keys for others, and such keys call models and nothing else. */
export function KeyOwner({ fields, change, problemOf }: KeyPartProps) {
  const { workspace, person, can } = useSession()
  const isAdmin = can('member:manage')
  const { data: people = [] } = useInfiniteQuery({ ...queries.members(workspace.id), enabled: isAdmin })
  const others = people.filter(({ personId }) => personId !== person.id)
  if (others.length === 0) return null
  return (
    <Select
      label="Owner"
      options={[
        { value: '', label: `${person.name} (you)` },
        ...others.map(({ personId, name }) => ({ value: personId, label: name })),
      ]}
      value={fields.ownerId}
      error={problemOf('ownerId')}
      onValue={(ownerId) =>
        change(
          ownerId === ''
            ? { ownerId }
            : { ownerId, preset: 'gateway', scopes: new Set([...presets.gateway].filter(can)) },
        )
      }
    />
  )
}

/** What a new key may do; it cannot be changed later. */
export function KeyScopes({ fields, change, problemOf }: KeyPartProps) {
  const { can } = useSession()
  const { preset, scopes } = fields
  const isForOther = fields.ownerId !== ''
  const toggle = (scope: Permission) => change({ scopes: scopes.symmetricDifference(new Set([scope])) })
  return (
    <>
      <Select
        label="What it may do"
        hint={
          isForOther
            ? 'A key for somebody else calls models and reads its usage.'
            : 'A key can do no more than its owner.'
        }
        disabled={isForOther}
        options={presetOptions}
        value={preset}
        error={problemOf('scopes')}
        onValue={(chosen) =>
          change(
            chosen === 'own'
              ? { preset: chosen }
              : { preset: chosen, scopes: new Set([...presets[chosen]].filter(can)) },
          )
        }
      />
      {preset === 'own' && (
        <fieldset className="grid grid-cols-2 gap-x-4 gap-y-1">
          <legend className="sr-only">Permissions</legend>
          {permissions.filter(can).map((scope) => (
            <Checkbox
              key={scope}
              label={<span className="font-mono text-12">{scope}</span>}
              checked={scopes.has(scope)}
              onChange={() => toggle(scope)}
            />
          ))}
        </fieldset>
      )}
    </>
  )
}

/** Team, models and limits of a key. */
export function KeyRules({ fields, change, problemOf }: KeyPartProps) {
  const { workspace, can } = useSession()
  const { data = [] } = useInfiniteQuery(consoleQueries.teams(workspace.id))
  // Members give their keys the teams that they are in; one that it has is shown in any case.
  const teams = data.filter(({ id, role }) => can('member:manage') || role !== null || id === fields.teamId)
  const limits = [
    { name: 'rpm', label: 'Requests per minute' },
    { name: 'tpm', label: 'Tokens per minute' },
    { name: 'concurrency', label: 'Calls at once' },
  ] as const
  return (
    <>
      {teams.length > 0 && (
        <Select
          label="Team"
          hint="Its calls also spend from the budgets of the team."
          options={[
            { value: '', label: 'No team' },
            ...teams.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={fields.teamId}
          error={problemOf('teamId')}
          onValue={(teamId) => change({ teamId })}
        />
      )}
      <TextArea
        label="Models it may call"
        hint="One a line; * stands for any characters. Empty allows all."
        rows={2}
        mono
        placeholder="openai/*"
        value={fields.models}
        error={problemOf('models')}
        onChange={(event) => change({ models: event.target.value })}
      />
      <div className="grid gap-3 sm:grid-cols-3">
        {limits.map(({ name, label }) => (
          <TextField
            key={name}
            label={label}
            type="number"
            min={1}
            step={1}
            placeholder="no limit"
            value={fields[name]}
            error={problemOf(`limits.${name}`)}
            onChange={(event) => change({ [name]: event.target.value })}
          />
        ))}
      </div>
    </>
  )
}

const periods = (['day', 'week', 'month', 'total'] as const).map((value) => ({
  value,
  label: periodText[value],
}))

/** What a new key may spend at most. */
export function KeyBudget({ fields, change }: KeyPartProps) {
  if (!useSession().can('budget:manage')) return null
  const isWrong = fields.budget.trim() !== '' && nanoUsdOf(fields.budget) === null
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <TextField
        label="Budget in dollars"
        inputMode="decimal"
        placeholder="none of its own"
        value={fields.budget}
        error={isWrong ? 'Write dollars, such as 250 or 0.50' : null}
        onChange={(event) => change({ budget: event.target.value })}
      />
      <Select
        label="For"
        options={periods}
        value={fields.budgetPeriod}
        onValue={(budgetPeriod) => change({ budgetPeriod })}
      />
    </div>
  )
}
