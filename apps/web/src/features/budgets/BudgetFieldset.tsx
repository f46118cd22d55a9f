import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { Select, TextField } from '../../ui/index.ts'
import { nanoUsdOf } from '../gateway/money.ts'
import { TextLink } from '../identity/TextLink.tsx'
import { consoleQueries } from '../keys/console-queries.ts'
import { alertsOf, type BudgetFields, ceilingOf } from './budget-form.ts'
import { periodText } from './budget-text.ts'

export interface BudgetPartProps {
  fields: BudgetFields
  change: (changes: Partial<BudgetFields>) => void
  problemOf: (field: string) => string | null
}

const scopes = [
  { value: 'workspace', label: 'The whole workspace' },
  { value: 'team', label: 'A team' },
  { value: 'person', label: 'A person' },
  { value: 'key', label: 'A key' },
] as const

const periods = (['day', 'week', 'month', 'total'] as const).map((value) => ({
  value,
  label: periodText[value],
}))

const rules = [
  { value: 'block', label: 'are refused' },
  { value: 'ceiling', label: 'cost a fixed amount each' },
] as const

/** How much it lets through, in which time, and from where on it warns. */
export function HowMuch({ fields, change, isNew, problemOf }: BudgetPartProps & { isNew: boolean }) {
  const isWrong = fields.limit !== '' && nanoUsdOf(fields.limit) === null
  const limitProblem = isWrong ? 'Write dollars, such as 250 or 0.50' : null
  return (
    <>
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
          inputMode="decimal"
          placeholder="never"
          value={fields.alerts}
          error={alertsOf(fields) ? problemOf('alertPercents') : 'Write percents, such as 50, 80, 100'}
          onChange={(event) => change({ alerts: event.target.value })}
        />
      </div>
      {fields.period !== 'total' && (
        <Select
          label="Begins anew at midnight in"
          hint={isNew ? undefined : 'Period and time zone stay as they were made.'}
          disabled={!isNew}
          options={zonesWith(fields.timeZone)}
          value={fields.timeZone}
          error={problemOf('timeZone')}
          onValue={(timeZone) => change({ timeZone })}
        />
      )}
    </>
  )
}

/** Every zone that the browser knows; some leave UTC or an older name out. */
const zonesWith = (own: string) =>
  [...new Set(['UTC', own, ...Intl.supportedValuesOf('timeZone')])].map((value) => ({
    value,
    label: value.replaceAll('_', ' '),
  }))

/** What becomes of calls whose price nobody knows. */
export function UnknownPrice({ fields, change, problemOf }: BudgetPartProps) {
  const isWrong = fields.ceiling !== '' && ceilingOf(fields) === null
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Select
        label="Calls whose price is unknown"
        hint={
          fields.unknownPrice === 'block'
            ? 'Whoever spends from this budget cannot call models without a price.'
            : 'Each takes this much from the budget, whatever it really costs.'
        }
        options={rules}
        value={fields.unknownPrice}
        onValue={(unknownPrice) => change({ unknownPrice })}
      />
      {fields.unknownPrice === 'ceiling' && (
        <TextField
          label="Dollars for each of them"
          required
          inputMode="decimal"
          placeholder="0.05"
          value={fields.ceiling}
          error={isWrong ? 'Write dollars above 0, such as 0.05' : problemOf('unknownPrice.nanoUsd')}
          onChange={(event) => change({ ceiling: event.target.value })}
        />
      )}
      <Unpriced />
    </div>
  )
}

/** How many of the models in use the choice is about. */
function Unpriced() {
  const { data } = useQuery(queries.models(useSession().workspace.id))
  const count = data?.filter(({ connectionId, price }) => connectionId !== null && price === null).length ?? 0
  if (count === 0) return null
  return (
    <p className="text-13 text-warn sm:col-span-2">
      {count === 1 ? 'One model in use has no price.' : `${count} models in use have no price.`}{' '}
      <TextLink to={paths.models({ price: 'unknown' })}>See them, and set prices</TextLink>
    </p>
  )
}

/** Whose calls it pays for. */
export function Whose({ fields: { scope, scopeId }, change, problemOf }: BudgetPartProps) {
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
          error={problemOf('scopeId')}
          onValue={(chosen) => change({ scopeId: chosen })}
        />
      )}
    </div>
  )
}
