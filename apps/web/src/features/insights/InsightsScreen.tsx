import { useQuery } from '@tanstack/react-query'
import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { AppLink } from '../../routes/links.tsx'
import { Button, EmptyState, ErrorState, IconButton } from '../../ui/index.ts'
import { ConsolePage } from '../gateway/ConsolePage.tsx'
import { PaceSelect } from '../traces/PaceSelect.tsx'
import { PeriodPicker } from '../traces/PeriodPicker.tsx'
import { SendingSteps } from '../traces/SendSpans.tsx'
import { Charts } from './Charts.tsx'
import { FilterBar } from './FilterBar.tsx'
import { Findings } from './Findings.tsx'
import { dimensionNames, filtersOf, offeredRanges } from './insight-filters.ts'
import { insightQueries } from './insight-queries.ts'
import { Kpis, KpisSkeleton } from './Kpis.tsx'
import { TopMembers } from './TopMembers.tsx'
import { type InsightsView, useInsights } from './use-insights.ts'

/** What applications and agents did in a period, against the one before: figures, their course, and who was part of it. */
export function InsightsScreen() {
  const { workspace } = useSession()
  const view = useInsights()
  return (
    <ConsolePage
      title="Insights"
      lead={`What everything that reports to ${workspace.name} did, and what it cost.`}
      actions={<Actions view={view} />}
    >
      <FilterBar view={view} />
      <Body view={view} />
    </ConsolePage>
  )
}

const Actions = ({ view }: { view: InsightsView }) => (
  <div className="flex max-w-full min-w-0 items-center gap-2">
    <PeriodPicker view={view} offered={offeredRanges} />
    <div className="min-w-24 flex-1 sm:w-44">
      <PaceSelect view={view} />
    </div>
    <IconButton icon="refresh" label="Refresh" busy={view.isRefreshing} onClick={view.refresh} />
  </div>
)

function Body({ view }: { view: InsightsView }) {
  const { workspaceId, asked } = view
  const { data, error, refetch } = useQuery(insightQueries.kpis(workspaceId, asked))
  if (data && data.current.spans === 0 && data.previous.spans === 0) return <NoSpans view={view} />
  return (
    <>
      {error && (
        <ErrorState title="The figures could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {!data && !error && <KpisSkeleton />}
      {data && <Kpis reply={data} />}
      {data && <Findings view={view} reply={data} />}
      <Charts view={view} />
      <TopMembers view={view} />
    </>
  )
}

/** Instead of charts and lists of zeros. */
function NoSpans({ view: { search, choose } }: { view: InsightsView }) {
  const { workspace } = useSession()
  if (Object.keys(filtersOf(search)).length > 0) {
    const clear = () => choose(Object.fromEntries(dimensionNames.map((name) => [name, ''])))
    return (
      <EmptyState
        icon="chart"
        title="No spans match"
        action={<Button onClick={clear}>Clear the filters</Button>}
      >
        Nothing in this period is about all of what you chose.
      </EmptyState>
    )
  }
  const isLongest = search.range === '30d'
  return (
    <section className="mx-auto flex max-w-160 flex-col gap-5">
      <header className="flex flex-col gap-1">
        <h3 className="text-16 font-semibold">
          {isLongest ? 'No spans in 30 days' : 'No spans in this period'}
        </h3>
        <p className="text-muted">
          <AppLink to={paths.home()} className="text-ink underline decoration-line-strong underline-offset-3">
            Ask something in the chat
          </AppLink>
          , or let an application send its spans to {workspace.name}: anything that speaks OpenTelemetry can.
          Its figures appear here within seconds.
        </p>
        {!isLongest && (
          <div className="mt-1">
            <Button size="sm" onClick={() => choose({ range: '30d', from: '', to: '' })}>
              Look at 30 days
            </Button>
          </div>
        )}
      </header>
      <SendingSteps />
    </section>
  )
}
