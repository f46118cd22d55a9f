import type { AuditEntry, AuditFinding } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { call } from '../../../api/client.ts'
import { Loaded } from '../../../api/Loaded.tsx'
import { queries } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { useAction } from '../../../api/use-action.ts'
import { formatMoment } from '../../../format.ts'
import { Button, type Column, EmptyState, ErrorState, Notice, Table } from '../../../ui/index.ts'
import { Panel, PanelSection } from '../../settings/Panel.tsx'

export function AuditPanel() {
  const workspaceId = useSession().workspace.id
  const query = useInfiniteQuery(queries.audit(workspaceId))
  return (
    <Panel
      title="Audit log"
      lead="Who changed what, and when. Each entry includes a hash of the one before it, and the check tells what was changed in the database."
    >
      <PanelSection title="Entries" action={<VerifyChain workspaceId={workspaceId} />}>
        <Loaded
          query={query}
          what="audit entries"
          skeletonRows={8}
          empty={<EmptyState icon="history" title="Nothing has been recorded yet" />}
        >
          {(entries) => (
            <Table
              caption="Audit entries"
              columns={columns}
              rows={entries}
              rowKey={({ sequence }) => String(sequence)}
            />
          )}
        </Loaded>
      </PanelSection>
    </Panel>
  )
}

const findings: Readonly<Record<AuditFinding, string>> = {
  'entries-changed': 'Entries were changed, removed or added in the database.',
  'end-changed': 'The end of the log does not fit its seal.',
  'found-broken-before': 'It was found changed when a later entry was added.',
  'differs-from-record': 'It is not the log that the server has recorded outside the database.',
}

function VerifyChain({ workspaceId }: { workspaceId: string }) {
  const verify = useAction(() => call('verifyAudit', { params: { workspaceId } }))
  return (
    <div className="flex flex-wrap items-center gap-2">
      {verify.result && (
        <Notice tone={verify.result.intact ? 'ok' : 'danger'} className="py-1">
          {verify.result.intact
            ? `All ${verify.result.entries} entries are intact.`
            : `Broken at entry ${verify.result.brokenAt ?? '?'}. ${findings[verify.result.finding ?? 'entries-changed']}`}
        </Notice>
      )}
      {verify.error && <ErrorState error={verify.error} />}
      <Button size="sm" icon="shield" busy={verify.busy} onClick={() => void verify.run(undefined)}>
        Verify
      </Button>
    </div>
  )
}

const columns: Column<AuditEntry>[] = [
  {
    id: 'time',
    header: 'Time',
    className: 'whitespace-nowrap',
    cell: ({ createdAt }) => <time dateTime={createdAt}>{formatMoment(createdAt)}</time>,
  },
  { id: 'actor', header: 'Who', className: '@xl:min-w-30', cell: ({ actor }) => actor.name },
  {
    id: 'action',
    header: 'What',
    isTitle: true,
    className: '@xl:w-full',
    cell: (entry) => <What entry={entry} />,
  },
  {
    id: 'address',
    header: 'Address',
    className: '@xl:whitespace-nowrap',
    cell: ({ address }) => <span className="font-mono text-12">{address ?? '–'}</span>,
  },
]

function What({ entry }: { entry: AuditEntry }) {
  const { action, target, details, sequence, hash } = entry
  const facts = Object.entries(details)
  return (
    <div className="min-w-0 font-normal">
      <p className="font-medium break-words" data-tip={`Entry ${sequence} · ${hash.slice(0, 12)}`}>
        {action}
      </p>
      {(target ?? facts.length > 0) && (
        <p className="text-12 break-all text-muted">
          {[
            target && `${target.kind} ${target.id}`,
            ...facts.map(([name, value]) => `${name}: ${plain(value)}`),
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      )}
    </div>
  )
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
