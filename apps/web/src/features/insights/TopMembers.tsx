import { useQuery } from '@tanstack/react-query'
import { formatTokens, formatUsd } from '../../format.ts'
import { paths } from '../../paths.ts'
import { Button, type Column, ErrorState, IconButton, Select, SkeletonRows, Table } from '../../ui/index.ts'
import { saveText } from '../gateway/csv-text.ts'
import { TextLink } from '../identity/TextLink.tsx'
import { PanelSection } from '../settings/Panel.tsx'
import { durationText } from '../traces/duration.ts'
import { countText, shareText } from './figures.ts'
import { type Asked, canSplit, dimensions, narrowed, traceSearchOf } from './insight-filters.ts'
import { insightQueries } from './insight-queries.ts'
import { type Member, membersCsv, membersOf } from './top-members.ts'
import type { InsightsView } from './use-insights.ts'

/** Who was part of it, most spans first; a name leads to its traces. The charts above are told apart by the same. */
export function TopMembers({ view }: { view: InsightsView }) {
  const { workspaceId, asked, search, choose } = view
  const { by } = asked
  const usage = useQuery(insightQueries.usage(workspaceId, asked))
  const cost = useQuery(insightQueries.cost(workspaceId, asked))
  const performance = useQuery(insightQueries.performance(workspaceId, asked))
  const members = membersOf(
    by,
    usage.data?.groups ?? [],
    cost.data?.groups ?? [],
    performance.data?.groups ?? [],
  )
  const byOptions = dimensions.map(({ value, label }) => ({
    value,
    label: `by ${label.toLowerCase()}`,
    disabled: !canSplit(value, search),
  }))
  return (
    <PanelSection
      title={`Top ${by}s`}
      action={
        <div className="flex items-center gap-1">
          <Select
            label="Told apart by"
            hideLabel
            className="w-36"
            options={byOptions}
            value={by}
            onValue={(chosen) => choose({ by: chosen })}
          />
          <IconButton
            icon="download"
            label={`Top ${by}s: save as CSV`}
            disabled={members.length === 0}
            onClick={() => saveText(`top-${by}s.csv`, membersCsv(by, members), 'text/csv')}
          />
        </div>
      }
    >
      {usage.error && (
        <ErrorState
          title="The list could not be read."
          error={usage.error}
          onRetry={() => void usage.refetch()}
        />
      )}
      {!usage.data && !usage.error && <SkeletonRows label="Reading the list" />}
      {usage.data && members.length === 0 && <p className="text-muted">No spans in this period.</p>}
      {members.length > 0 && (
        <Table
          isWide
          caption={`Top ${by}s`}
          rows={members}
          rowKey={({ key }) => key}
          columns={[nameColumn(asked), ...figureColumns, actionColumn(view)]}
        />
      )}
    </PanelSection>
  )
}

const nameColumn = ({ by, search }: Asked): Column<Member> => ({
  id: 'name',
  header: dimensions.find(({ value }) => value === by)?.label ?? '',
  isTitle: true,
  className: '@4xl:w-1/4',
  cell: ({ id, name }) => {
    const traces = id === null ? null : traceSearchOf(by, id, search)
    if (traces === null) return <span className={id === null ? 'text-muted' : ''}>{name}</span>
    return <TextLink to={paths.traces(traces)}>{name}</TextLink>
  },
})

const actionColumn = ({ asked: { by }, search, choose }: InsightsView): Column<Member> => ({
  id: 'only',
  header: 'Only this',
  hideHeader: true,
  align: 'end',
  className: 'ml-auto @4xl:w-16',
  cell: ({ id, name }) =>
    id !== null &&
    search[by] !== id && (
      <Button size="sm" variant="quiet" onClick={() => choose(narrowed(by, id, search))}>
        Only<span className="sr-only">{` ${name}`}</span>
      </Button>
    ),
})

const figure = (id: string, header: string, cell: (member: Member) => string): Column<Member> => ({
  id,
  header,
  align: 'end',
  className: 'tabular-nums',
  cell,
})

const figureColumns: readonly Column<Member>[] = [
  figure('spans', 'Spans', ({ usage }) => countText(usage.spans)),
  figure('before', 'Before', ({ previousSpans }) =>
    previousSpans === null ? '–' : countText(previousSpans),
  ),
  figure('calls', 'Model calls', ({ usage }) => countText(usage.modelCalls)),
  figure('tokens', 'Tokens', ({ usage }) => (usage.tokens ? formatTokens(usage.tokens.total) : '–')),
  figure('cost', 'Cost', ({ cost }) => (cost?.costNanoUsd ? formatUsd(cost.costNanoUsd) : '–')),
  figure('failed', 'Failed', ({ usage }) =>
    usage.spans === 0 ? '–' : `${countText(usage.errors)} (${shareText(usage.errors / usage.spans)})`,
  ),
  figure('p95', 'Call p95', ({ performance }) =>
    performance?.latencyMs ? durationText(performance.latencyMs.p95) : '–',
  ),
]
