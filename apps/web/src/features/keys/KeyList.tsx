import type { ApiKey } from '@atrium/contract'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { Loaded } from '../../api/Loaded.tsx'
import { keys, queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { Button, ConfirmDialog, EmptyState, ErrorState, Table } from '../../ui/index.ts'
import { useBudgetsOf } from '../budgets/ScopedBudgets.tsx'
import { PanelSection } from '../settings/Panel.tsx'
import { keyColumns } from './key-columns.tsx'
import { KeyDialog } from './KeyDialog.tsx'
import { RotateDialog } from './RotateDialog.tsx'

/** The keys of programs, with everything that can be done to them. */
export function KeyList() {
  const { workspace, person, can } = useSession()
  const query = useInfiniteQuery(queries.apiKeys(workspace.id))
  const [target, setTarget] = useState<ApiKey | 'new' | null>(null)
  const [rotated, setRotated] = useState<ApiKey | null>(null)
  const [revoked, setRevoked] = useState<ApiKey | null>(null)
  const manages = can('key:manage')
  const budgetsOf = useBudgetsOf('key')
  const toggle = useAction(
    ({ id, enabled }: { id: string; enabled: boolean }) =>
      call('updateApiKey', { params: { workspaceId: workspace.id, keyId: id }, body: { enabled } }),
    [keys.apiKeys(workspace.id)],
  )
  const create = manages && (
    <Button icon="plus" size="sm" onClick={() => setTarget('new')}>
      Create key
    </Button>
  )
  return (
    <>
      <PanelSection title="Keys" action={query.data?.length ? create : null}>
        {toggle.error && <ErrorState error={toggle.error} />}
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
              isWide
              columns={keyColumns({
                budgetsOf,
                ...(manages && {
                  acts: {
                    pending: toggle.input,
                    setEnabled: ({ id }, enabled) => void toggle.run({ id, enabled }),
                    viewer: { personId: person.id, can },
                    edit: setTarget,
                    rotate: setRotated,
                    revoke: setRevoked,
                  },
                }),
              })}
              rows={list}
              rowKey={({ id }) => id}
            />
          )}
        </Loaded>
      </PanelSection>
      <KeyDialog target={target} onClose={() => setTarget(null)} />
      <RotateDialog apiKey={rotated} onClose={() => setRotated(null)} />
      <RevokeDialog apiKey={revoked} onClose={() => setRevoked(null)} />
    </>
  )
}

/** Asks before a key is revoked; null when closed. */
function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey | null; onClose: () => void }) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const revoke = async ({ id }: ApiKey) => {
    await call('revokeApiKey', { params: { workspaceId, keyId: id } })
    await client.invalidateQueries({ queryKey: keys.apiKeys(workspaceId) })
  }
  return (
    <ConfirmDialog
      open={apiKey !== null}
      onClose={onClose}
      title={`Revoke ${apiKey?.name ?? 'key'}?`}
      confirmLabel="Revoke key"
      danger
      onConfirm={() => (apiKey ? revoke(apiKey) : undefined)}
    >
      Whatever uses it stops working at once. This cannot be undone; a key that is only switched off can be
      used again later.
    </ConfirmDialog>
  )
}
