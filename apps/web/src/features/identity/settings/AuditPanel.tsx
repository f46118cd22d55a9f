import type { AuditEntry, AuditFinding } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { call } from '../../../api/client.ts'
import { Loaded } from '../../../api/Loaded.tsx'
import { queries } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { useAction } from '../../../api/use-action.ts'
import { formatMoment } from '../../../format.ts'
import { Button, type Column, EmptyState, ErrorState, Notice, Table } from '../../../ui/index.ts'
import { Panel, PanelSection } from '../../settings/Panel.tsx'
import { factsOf, type Names, namesIn, sentenceOf, targetOf } from './audit-text.ts'

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
          {(entries) => <Entries entries={entries} />}
        </Loaded>
      </PanelSection>
    </Panel>
  )
}

/** Entries keep names as they were; people who are only named by their id are looked up among the members. */
function Entries({ entries }: { entries: readonly AuditEntry[] }) {
  const { data: members } = useInfiniteQuery(queries.members(useSession().workspace.id))
  const columns = useMemo(() => {
    const known = new Map((members ?? []).map(({ personId, name }) => [personId, name]))
    return columnsWith(namesIn(entries, known))
  }, [entries, members])
  return (
    <Table
      caption="Audit entries"
      columns={columns}
      rows={entries}
      rowKey={({ sequence }) => String(sequence)}
    />
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

const columnsWith = (names: Names): Column<AuditEntry>[] => [
  {
    id: 'time',
    header: 'Time',
    className: 'whitespace-nowrap',
    cell: ({ createdAt }) => <time dateTime={createdAt}>{formatMoment(createdAt)}</time>,
  },
  {
    id: 'actor',
    header: 'Who',
    className: '@xl:min-w-30',
    cell: ({ actor }) => <span className="min-w-0 break-words">{actor.name}</span>,
  },
  {
    id: 'action',
    header: 'What',
    isTitle: true,
    className: '@xl:w-full',
    cell: (entry) => <What entry={entry} names={names} />,
  },
  {
    id: 'address',
    header: 'Address',
    className: '@xl:whitespace-nowrap',
    cell: ({ address }) => <span className="font-mono text-12">{address ?? '–'}</span>,
  },
]

function What({ entry, names }: { entry: AuditEntry; names: Names }) {
  const { action, sequence, hash } = entry
  const target = targetOf(entry, names)
  const facts = factsOf(entry, names)
  return (
    <div className="min-w-0 font-normal wrap-anywhere">
      <p data-tip={`Entry ${sequence} · ${action} · ${hash.slice(0, 12)}`}>
        <span className="font-medium">{sentenceOf(action)}</span>
        {target && `: ${target}`}
      </p>
      {facts.length > 0 && (
        <p className="text-12 text-muted">
          {facts.map(({ label, value }) => (label ? `${label}: ${value}` : value)).join(' · ')}
        </p>
      )}
    </div>
  )
}
