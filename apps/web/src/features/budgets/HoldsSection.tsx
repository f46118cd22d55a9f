import type { OpenHold } from '@atrium/contract'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { formatAgo, formatMoment, formatUsd } from '../../format.ts'
import { Badge, Button, type Column, ConfirmDialog, Table } from '../../ui/index.ts'
import { consoleQueries } from '../keys/console-queries.ts'
import { PanelSection } from '../settings/Panel.tsx'

/** What calls under way have reserved, and reservations of which nobody knows what became. */
export function HoldsSection() {
  const { workspace } = useSession()
  const query = useInfiniteQuery(consoleQueries.holds(workspace.id))
  const { data: budgets = [] } = useInfiniteQuery(consoleQueries.budgets(workspace.id))
  const [released, setReleased] = useState<OpenHold | null>(null)
  const names = new Map(budgets.map(({ id, name }) => [id, name]))
  return (
    <PanelSection
      title="Open holds"
      lead="Before a call starts, the most it may cost is held. One whose process died counts as spent until somebody knows better."
      action={
        <Button icon="refresh" size="sm" busy={query.isRefetching} onClick={() => void query.refetch()}>
          Read again
        </Button>
      }
    >
      <Loaded
        query={query}
        what="holds"
        empty={<p className="text-muted">None: no call is under way, and every past one is accounted for.</p>}
      >
        {(holds) => (
          <Table
            caption="Open holds"
            rows={holds}
            rowKey={({ callId, attempt }) => `${callId} ${attempt}`}
            columns={holdColumns(names, setReleased)}
          />
        )}
      </Loaded>
      <ReleaseDialog hold={released} onClose={() => setReleased(null)} />
    </PanelSection>
  )
}

function ReleaseDialog({ hold, onClose }: { hold: OpenHold | null; onClose: () => void }) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const release = async ({ callId, attempt }: OpenHold) => {
    await call('releaseHold', { params: { workspaceId, callId, attempt } })
    await client.invalidateQueries({ queryKey: consoleQueries.budgets(workspaceId).queryKey })
  }
  return (
    <ConfirmDialog
      open={hold !== null}
      onClose={onClose}
      title={`Give ${formatUsd(hold?.heldNanoUsd ?? '0')} back?`}
      confirmLabel="Give it back"
      onConfirm={() => (hold ? release(hold) : undefined)}
    >
      Do this when the provider’s own account shows that the call has cost nothing. Its budgets get the amount
      back.
    </ConfirmDialog>
  )
}

const holdColumns = (
  names: ReadonlyMap<string, string>,
  release: (hold: OpenHold) => void,
): Column<OpenHold>[] => [
  {
    id: 'since',
    header: 'Since',
    isTitle: true,
    className: 'whitespace-nowrap',
    cell: ({ createdAt }) => <span data-tip={formatMoment(createdAt)}>{formatAgo(createdAt)}</span>,
  },
  {
    id: 'state',
    header: 'State',
    cell: ({ state }) =>
      state === 'held' ? <Badge>under way</Badge> : <Badge tone="warn">outcome unknown</Badge>,
  },
  {
    id: 'budgets',
    header: 'Held in',
    className: '@xl:w-full',
    cell: ({ budgetIds }) => (
      <span className="break-words">{budgetIds.map((id) => names.get(id) ?? 'credits').join(', ')}</span>
    ),
  },
  {
    id: 'call',
    header: 'Call',
    className: '@xl:whitespace-nowrap',
    cell: ({ callId }) => <span className="font-mono text-12 break-all">{callId}</span>,
  },
  {
    id: 'held',
    header: 'Held',
    align: 'end',
    className: 'whitespace-nowrap tabular-nums',
    cell: ({ heldNanoUsd }) => formatUsd(heldNanoUsd),
  },
  {
    id: 'release',
    header: 'Release',
    hideHeader: true,
    align: 'end',
    cell: (hold) =>
      hold.state === 'expired' && (
        <Button size="sm" onClick={() => release(hold)}>
          Give back<span className="sr-only"> what call {hold.callId} holds</span>
        </Button>
      ),
  },
]
