import type { ApiKey } from '@atrium/contract'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { Loaded } from '../../api/Loaded.tsx'
import { keys, queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { formatAgo, formatDay } from '../../format.ts'
import { Badge, Button, type Column, ConfirmDialog, EmptyState, IconButton, Table } from '../../ui/index.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { limitsText } from './key-form.ts'
import { KeyDialog } from './KeyDialog.tsx'

/** The keys of programs, with everything that can be done to them. */
export function KeyList() {
  const { workspace, can } = useSession()
  const query = useInfiniteQuery(queries.apiKeys(workspace.id))
  const client = useQueryClient()
  const [target, setTarget] = useState<ApiKey | 'new' | null>(null)
  const [revoked, setRevoked] = useState<ApiKey | null>(null)
  const manages = can('key:manage')
  const revoke = async (key: ApiKey) => {
    await call('revokeApiKey', { params: { workspaceId: workspace.id, keyId: key.id } })
    await client.invalidateQueries({ queryKey: keys.apiKeys(workspace.id) })
  }
  const create = manages && (
    <Button icon="plus" size="sm" onClick={() => setTarget('new')}>
      Create key
    </Button>
  )
  return (
    <>
      <PanelSection title="Keys" action={query.data?.length ? create : null}>
        <Loaded
          query={query}
          what="API keys"
          empty={
            <EmptyState icon="key" title="No API keys yet" action={create}>
              Create one for a script, an editor or a server that should use Atrium.
            </EmptyState>
          }
        >
          {(list) => (
            <Table
              caption="API keys"
              columns={keyColumns(manages, setTarget, setRevoked)}
              rows={list}
              rowKey={({ id }) => id}
            />
          )}
        </Loaded>
      </PanelSection>
      <KeyDialog target={target} onClose={() => setTarget(null)} />
      <ConfirmDialog
        open={revoked !== null}
        onClose={() => setRevoked(null)}
        title={`Revoke ${revoked?.name ?? 'key'}?`}
        confirmLabel="Revoke key"
        danger
        onConfirm={() => (revoked ? revoke(revoked) : undefined)}
      >
        Whatever uses it stops working at once. This cannot be undone.
      </ConfirmDialog>
    </>
  )
}

function keyColumns(
  manages: boolean,
  edit: (key: ApiKey) => void,
  revoke: (key: ApiKey) => void,
): Column<ApiKey>[] {
  const columns: Column<ApiKey>[] = [
    {
      id: 'name',
      header: 'Name',
      isTitle: true,
      className: '@xl:w-full',
      cell: (key) => <KeyName apiKey={key} />,
    },
    {
      id: 'owner',
      header: 'Owner',
      className: '@xl:min-w-28',
      cell: ({ ownerName, teamName }) => (teamName ? `${ownerName} · ${teamName}` : ownerName),
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
      cell: ({ expiresAt }) => (expiresAt ? formatDay(expiresAt) : 'never'),
    },
  ]
  if (!manages) return columns
  return [
    ...columns,
    {
      id: 'change',
      header: 'Change',
      hideHeader: true,
      align: 'end',
      className: 'whitespace-nowrap',
      cell: (key) => (
        <>
          <IconButton icon="edit" label={`Change ${key.name}`} onClick={() => edit(key)} />
          <IconButton icon="trash" label={`Revoke ${key.name}`} onClick={() => revoke(key)} />
        </>
      ),
    },
  ]
}

function KeyName({ apiKey: { name, prefix, scopes, models, limits, enabled } }: { apiKey: ApiKey }) {
  const rules = [models?.join(', '), limitsText(limits)].filter(Boolean).join(' · ')
  return (
    <div className="min-w-0">
      <p className="font-medium break-words">
        {name} {!enabled && <Badge tone="warn">off</Badge>}
      </p>
      <p className="text-12 font-normal text-muted">
        <span className="font-mono">{prefix}…</span> ·{' '}
        <span data-tip={scopes.join(', ')}>
          {`${scopes.length} ${scopes.length === 1 ? 'permission' : 'permissions'}`}
        </span>
      </p>
      {rules && <p className="text-12 font-normal break-words text-muted">{rules}</p>}
    </div>
  )
}
