import type { UsageGroup } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { useSession } from '../../api/session.tsx'
import { formatTokens } from '../../format.ts'
import { type Column, EmptyState, ErrorState, SkeletonRows, Table } from '../../ui/index.ts'
import { SumAmount } from '../gateway/Amount.tsx'
import { PanelSection } from '../settings/Panel.tsx'
import { tokensOf } from './call-text.ts'
import { type Dimension, dimensions, filterOf, memberName, usageQueries } from './usage-query.ts'
import type { UsageView } from './use-usage.ts'

/** The same by the members of a dimension; a name filters by itself. */
export function Breakdown({ view: { asked, choose } }: { view: UsageView }) {
  const { data, error, refetch } = useQuery(usageQueries.groups(useSession().workspace.id, asked))
  const { by } = asked
  const top = Math.max(1, ...(data?.data ?? []).map(({ totals }) => Number(totals.cost.nanoUsd)))
  return (
    <PanelSection title={`By ${by}`}>
      {!data && !error && <SkeletonRows label="Reading the parts" />}
      {error && (
        <ErrorState title="The parts could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {data?.data.length === 0 && (
        <EmptyState icon="chart" title="No calls in this period">
          Ask something in the chat, or point an SDK at Atrium; it appears here within seconds.
        </EmptyState>
      )}
      {data && data.data.length > 0 && (
        <Table
          caption={`Usage by ${by}`}
          rows={data.data}
          rowKey={({ id }) => id ?? ''}
          columns={columns(by, top, data.display, (id) => choose({ [filterOf[by]]: id }))}
        />
      )}
      {data?.meta.hasMore && <p className="text-13 text-muted">The 50 most expensive are shown.</p>}
    </PanelSection>
  )
}

function columns(
  by: Dimension,
  top: number,
  display: Parameters<typeof SumAmount>[0]['display'],
  choose: (id: string) => void,
): Column<UsageGroup>[] {
  return [
    {
      id: 'name',
      header: dimensions.find(({ value }) => value === by)?.label ?? '',
      isTitle: true,
      className: '@xl:w-1/3',
      cell: ({ id, name }) =>
        id === null ? (
          <span className="text-muted">{memberName(by, { id, name })}</span>
        ) : (
          <button
            type="button"
            onClick={() => choose(id)}
            className="touch-target min-h-6 text-left break-words underline decoration-line-strong underline-offset-3 hover:decoration-ink"
          >
            {memberName(by, { id, name })}
          </button>
        ),
    },
    ...figureColumns(top, display),
  ]
}

const figureColumns = (
  top: number,
  display: Parameters<typeof SumAmount>[0]['display'],
): Column<UsageGroup>[] => [
  {
    id: 'share',
    header: 'Share',
    hideHeader: true,
    className: 'w-full @xl:w-1/4',
    cell: ({ totals }) => (
      <div aria-hidden="true" className="h-1.5 w-full rounded-full bg-pressed">
        <div
          className="h-full rounded-full bg-chart-1"
          style={{ width: `${(Number(totals.cost.nanoUsd) / top) * 100}%` }}
        />
      </div>
    ),
  },
  {
    id: 'calls',
    header: 'Calls',
    align: 'end',
    className: 'tabular-nums',
    cell: ({ totals }) => totals.calls.toLocaleString('en'),
  },
  {
    id: 'tokens',
    header: 'Tokens',
    align: 'end',
    className: 'tabular-nums',
    cell: ({ totals }) => formatTokens(tokensOf(totals.tokens)),
  },
  {
    id: 'cost',
    header: 'Cost',
    align: 'end',
    cell: ({ totals }) => <SumAmount totals={totals} display={display} />,
  },
]
