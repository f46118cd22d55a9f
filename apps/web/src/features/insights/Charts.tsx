import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo } from 'react'
import { formatTokens } from '../../format.ts'
import { ErrorState, Select, Skeleton, Waiting } from '../../ui/index.ts'
import { TimeChart } from '../charts/TimeChart.tsx'
import type { TimeData } from '../charts/time-chart.ts'
import { durationText } from '../traces/duration.ts'
import { linesData, membersData } from './chart-data.ts'
import { countText, dollarsOf, measureOf, usdText } from './figures.ts'
import { measures } from './insight-filters.ts'
import { insightQueries } from './insight-queries.ts'
import type { InsightsView } from './use-insights.ts'

/** Usage, failures, cost and latency over the period, side by side where there is room. */
export const Charts = ({ view }: { view: InsightsView }) => (
  <div className="grid grid-cols-1 gap-x-10 gap-y-8 lg:grid-cols-2">
    <UsageCharts view={view} />
    <CostChart view={view} />
    <LatencyChart view={view} />
  </div>
)

function UsageCharts({ view }: { view: InsightsView }) {
  const { workspaceId, asked, choose, zoom } = view
  const { by, measure } = asked
  const query = useQuery(insightQueries.usage(workspaceId, asked))
  const { data } = query
  const usage = useMemo(
    () => data && membersData(data, by, (figures) => measureOf(figures, measure)),
    [data, by, measure],
  )
  const errors = useMemo(() => data && membersData(data, by, (figures) => figures.errors), [data, by])
  return (
    <>
      <Shown title="Usage" what="usage" query={query} data={usage}>
        {(shown) => (
          <TimeChart
            title="Usage"
            data={shown}
            kind="bars"
            isWhole
            format={measure === 'tokens' ? formatTokens : countText}
            nothing={`No ${measures.find(({ value }) => value === measure)?.label.toLowerCase()} in this period.`}
            action={
              <Select
                label="What the bars show"
                hideLabel
                className="w-32"
                options={measures}
                value={measure}
                onValue={(chosen) => choose({ measure: chosen })}
              />
            }
            onZoom={zoom}
          />
        )}
      </Shown>
      <Shown title="Failed spans" what="failures" query={query} data={errors}>
        {(shown) => (
          <TimeChart
            title="Failed spans"
            data={shown}
            kind="bars"
            isWhole
            format={countText}
            nothing="Nothing has failed in this period."
            onZoom={zoom}
          />
        )}
      </Shown>
    </>
  )
}

function CostChart({ view: { workspaceId, asked, zoom } }: { view: InsightsView }) {
  const query = useQuery(insightQueries.cost(workspaceId, asked))
  const { data } = query
  const { by } = asked
  const cost = useMemo(
    () => data && membersData(data, by, ({ costNanoUsd }) => dollarsOf(costNanoUsd)),
    [data, by],
  )
  return (
    <Shown title="Cost" what="cost" query={query} data={cost}>
      {(shown) => (
        <TimeChart
          title="Cost"
          data={shown}
          kind="bars"
          format={usdText}
          nothing="No known cost in this period."
          onZoom={zoom}
        />
      )}
    </Shown>
  )
}

function LatencyChart({ view: { workspaceId, asked, zoom } }: { view: InsightsView }) {
  const query = useQuery(insightQueries.performance(workspaceId, asked))
  const { data } = query
  const latency = useMemo(
    () =>
      data &&
      linesData(data, [
        { name: 'Whole call, p95', hue: 6, value: ({ latencyMs }) => latencyMs?.p95 ?? null },
        { name: 'Whole call, p50', hue: 1, value: ({ latencyMs }) => latencyMs?.p50 ?? null },
        { name: 'First token, p95', hue: 4, value: ({ firstTokenMs }) => firstTokenMs?.p95 ?? null },
        { name: 'First token, p50', hue: 2, value: ({ firstTokenMs }) => firstTokenMs?.p50 ?? null },
      ]),
    [data],
  )
  return (
    <Shown title="Latency of model calls" what="latency" query={query} data={latency}>
      {(shown) => (
        <TimeChart
          title="Latency of model calls"
          data={shown}
          kind="lines"
          format={durationText}
          nothing="No calls of models in this period."
          onZoom={zoom}
        />
      )}
    </Shown>
  )
}

interface ShownProps {
  title: string
  what: string
  query: { error: Error | null; refetch: () => Promise<unknown> }
  data: TimeData | undefined
  children: (data: TimeData) => ReactNode
}

/** A chart in all its states; known data never goes blank. */
const Shown = ({ title, what, query: { error, refetch }, data, children }: ShownProps) => (
  <div className="flex min-w-0 flex-col gap-2">
    {error && (
      <ErrorState title={`The ${what} could not be read.`} error={error} onRetry={() => void refetch()} />
    )}
    {data && children(data)}
    {!data && !error && (
      <Waiting label={`Reading: ${title}`}>
        <div className="flex h-60 flex-col gap-3">
          <Skeleton className="h-4 w-24" />
          <Skeleton className="h-44 w-full" />
        </div>
      </Waiting>
    )}
  </div>
)
