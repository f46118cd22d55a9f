import type { ApiKey } from '@atrium/contract'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../../api/client.ts'
import { Loaded } from '../../../api/Loaded.tsx'
import { keys, queries } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { formatAgo, formatDay } from '../../../format.ts'
import { Button, type Column, ConfirmDialog, EmptyState, IconButton, Table } from '../../../ui/index.ts'
import { Panel, PanelSection } from '../../settings/Panel.tsx'
import { CreateKeyDialog } from './CreateKeyDialog.tsx'

export function ApiKeysPanel() {
  const { workspace, can } = useSession()
  const query = useInfiniteQuery(queries.apiKeys(workspace.id))
  const client = useQueryClient()
  const [creating, setCreating] = useState(false)
  const [revoked, setRevoked] = useState<ApiKey | null>(null)
  const manages = can('key:manage')
  const revoke = async (key: ApiKey) => {
    await call('revokeApiKey', { params: { workspaceId: workspace.id, keyId: key.id } })
    await client.invalidateQueries({ queryKey: keys.apiKeys(workspace.id) })
  }
  const create = manages && (
    <Button icon="plus" size="sm" onClick={() => setCreating(true)}>
      Create key
    </Button>
  )
  return (
    <Panel
      title="API keys"
      lead={`Programs reach ${workspace.name} with these. A key can do no more than its owner.`}
    >
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
              columns={keyColumns(manages, setRevoked)}
              rows={list}
              rowKey={({ id }) => id}
            />
          )}
        </Loaded>
      </PanelSection>
      <CreateKeyDialog open={creating} onClose={() => setCreating(false)} />
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
    </Panel>
  )
}

function keyColumns(manages: boolean, revoke: (key: ApiKey) => void): Column<ApiKey>[] {
  const columns: Column<ApiKey>[] = [
    {
      id: 'name',
      header: 'Name',
      isTitle: true,
      className: '@xl:w-full',
      cell: ({ name, prefix, scopes }) => (
        <div className="min-w-0">
          <p className="font-medium break-words">{name}</p>
          <p className="text-12 font-normal text-muted">
            <span className="font-mono">{prefix}…</span> ·{' '}
            <span
              data-tip={scopes.join(', ')}
            >{`${scopes.length} ${scopes.length === 1 ? 'permission' : 'permissions'}`}</span>
          </p>
        </div>
      ),
    },
    { id: 'owner', header: 'Owner', className: '@xl:min-w-28', cell: ({ ownerName }) => ownerName },
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
  const removal: Column<ApiKey> = {
    id: 'revoke',
    header: 'Revoke',
    hideHeader: true,
    align: 'end',
    cell: (key) => <IconButton icon="trash" label={`Revoke ${key.name}`} onClick={() => revoke(key)} />,
  }
  return [...columns, removal]
}
