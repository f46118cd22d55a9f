import type { ApiKey, Budget } from '@atrium/contract'
import { formatAgo, formatDay, formatMoment } from '../../format.ts'
import { Badge, type Column, IconButton, Switch } from '../../ui/index.ts'
import { BudgetBars } from '../budgets/ScopedBudgets.tsx'
import { hasRunOut } from './key-expiry.ts'
import { limitsText } from './key-form.ts'
import { type KeyViewer, mayChange, mayRotate } from './key-rights.ts'

/** What may be done to a key in the list. */
export interface KeyActs {
  /** Decides what is offered for each key. */
  viewer: KeyViewer
  /** A switch that is on its way. */
  pending: { id: string; enabled: boolean } | undefined
  setEnabled: (key: ApiKey, enabled: boolean) => void
  edit: (key: ApiKey) => void
  rotate: (key: ApiKey) => void
  revoke: (key: ApiKey) => void
}

interface KeyColumnsOptions {
  budgetsOf: (keyId: string) => Budget[]
  /** Left out for who may only read keys. */
  acts?: KeyActs
}

/** The columns of the list of keys. */
export const keyColumns = ({ budgetsOf, acts }: KeyColumnsOptions): Column<ApiKey>[] => [
  {
    id: 'name',
    header: 'Name',
    isTitle: true,
    className: '@4xl:w-full',
    cell: (key) => <KeyName apiKey={key} />,
  },
  { id: 'owner', header: 'Owner', className: '@4xl:min-w-40', cell: (key) => <KeyOwner apiKey={key} /> },
  {
    id: 'budget',
    header: 'Budget',
    className: '@4xl:min-w-44',
    cell: ({ id }) => <BudgetBars budgets={budgetsOf(id)} />,
  },
  {
    id: 'used',
    header: 'Last used',
    className: 'whitespace-nowrap',
    cell: ({ lastUsedAt }) => (lastUsedAt ? formatAgo(lastUsedAt) : 'never'),
  },
  {
    id: 'expires',
    header: 'Runs out',
    className: 'whitespace-nowrap',
    cell: ({ expiresAt }) =>
      hasRunOut(expiresAt, Date.now()) ? <Badge tone="danger">has run out</Badge> : expiryText(expiresAt),
  },
  ...(acts ? [actColumn(acts)] : []),
]

const expiryText = (expiresAt: string | null): string => (expiresAt ? formatDay(expiresAt) : 'never')

const actColumn = ({ viewer, pending, setEnabled, edit, rotate, revoke }: KeyActs): Column<ApiKey> => ({
  id: 'change',
  header: 'Change',
  hideHeader: true,
  align: 'end',
  className: 'w-full whitespace-nowrap @4xl:w-auto',
  cell: (key) => (
    <div className="flex items-center justify-end gap-1">
      {mayChange(key, viewer) && (
        <>
          <Switch
            label={`${key.name} is on`}
            hideLabel
            checked={pending?.id === key.id ? pending.enabled : key.enabled}
            onChange={(enabled) => setEnabled(key, enabled)}
          />
          <IconButton icon="edit" label={`Change ${key.name}`} onClick={() => edit(key)} />
        </>
      )}
      {mayRotate(key, viewer, Date.now()) && (
        <IconButton icon="refresh" label={`Replace the secret of ${key.name}`} onClick={() => rotate(key)} />
      )}
      <IconButton icon="trash" label={`Revoke ${key.name}`} onClick={() => revoke(key)} />
    </div>
  ),
})

const KeyOwner = ({ apiKey }: { apiKey: ApiKey }) => {
  const { ownerId, ownerName, createdById, createdByName, teamName } = apiKey
  return (
    <div className="min-w-0 wrap-anywhere">
      <p>{ownerName}</p>
      {createdById !== ownerId && <p className="text-12 text-muted">{`made by ${createdByName}`}</p>}
      {teamName && <p className="text-12 text-muted">{teamName}</p>}
    </div>
  )
}

function KeyName({ apiKey }: { apiKey: ApiKey }) {
  const { name, prefix, scopes, models, limits, enabled, formerSecretUntil } = apiKey
  const rules = [models?.join(', '), limitsText(limits)].filter(Boolean).join(' · ')
  return (
    <div className="min-w-0">
      <p className="font-medium wrap-anywhere @4xl:min-w-40">
        {name} {!enabled && <Badge tone="warn">off</Badge>}
      </p>
      <p className="text-12 font-normal text-muted">
        <span className="font-mono">{prefix}…</span> ·{' '}
        <span data-tip={scopes.join(', ')}>
          {`${scopes.length} ${scopes.length === 1 ? 'permission' : 'permissions'}`}
        </span>
      </p>
      {rules && <p className="text-12 font-normal wrap-anywhere text-muted">{rules}</p>}
      {formerSecretUntil && (
        <p className="text-12 font-normal text-warn">
          {`The old secret works until ${formatMoment(formerSecretUntil)}.`}
        </p>
      )}
    </div>
  )
}
