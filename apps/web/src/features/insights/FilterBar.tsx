import type { MetricDimension } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button, ErrorState, Icon, Popover, Select, SkeletonRows } from '../../ui/index.ts'
import { countText } from './figures.ts'
import { canSplit, dimensions, filtersOf, narrowed } from './insight-filters.ts'
import { insightQueries } from './insight-queries.ts'
import type { InsightsView } from './use-insights.ts'

/** The filters that are on, each with a way to take it away, and a way to add one. */
export function FilterBar({ view }: { view: InsightsView }) {
  const { search, choose } = view
  const on = filtersOf(search)
  return (
    <div className="-mt-2 flex flex-wrap items-center gap-2 text-13">
      {dimensions.map(({ value, label }) => {
        const member = on[value]
        return (
          member !== undefined && (
            <Button key={value} size="sm" className="max-w-full" onClick={() => choose({ [value]: '' })}>
              <span className="truncate">
                <span className="text-muted">{label}</span> {member}
              </span>
              <Icon name="close" size={12} />
              <span className="sr-only">, remove this filter</span>
            </Button>
          )
        )
      })}
      <Popover
        label="Filter"
        className="w-72 p-3"
        // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
        trigger={(props) => (
          <Button {...props} size="sm" variant="quiet" icon="plus">
            Filter
          </Button>
        )}
      >
        {(close) => <FilterChoice view={view} close={close} />}
      </Popover>
    </div>
  )
}

function FilterChoice({ view, close }: { view: InsightsView; close: () => void }) {
  const { search } = view
  const offered = dimensions.filter(({ value }) => search[value] === undefined && canSplit(value, search))
  const [chosen, setChosen] = useState<MetricDimension>(offered[0]?.value ?? 'model')
  return (
    <div className="flex flex-col gap-3">
      <Select label="Only spans of one" options={offered} value={chosen} onValue={setChosen} />
      <Members view={view} by={chosen} close={close} />
      {offered.length + Object.keys(filtersOf(search)).length < dimensions.length && (
        <p className="text-12 text-muted">Sums by user are not told apart by agent, service or version.</p>
      )}
    </div>
  )
}

function Members({ view, by, close }: { view: InsightsView; by: MetricDimension; close: () => void }) {
  const { workspaceId, asked, search, choose } = view
  const { data, error, refetch } = useQuery(insightQueries.members(workspaceId, asked, by))
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />
  if (!data) return <SkeletonRows rows={3} label={`Reading: ${by}`} />
  const named = data.groups.flatMap(({ member, isOther, totals }) =>
    member === null || isOther ? [] : [{ member, spans: totals.spans }],
  )
  if (named.length === 0)
    return <p className="text-13 text-muted">{`No span of this period names its ${by}.`}</p>
  return (
    <ul aria-label="Members" className="-mx-1 flex flex-col">
      {named.map(({ member, spans }) => (
        <li key={member}>
          <button
            type="button"
            onClick={() => {
              choose(narrowed(by, member, search))
              close()
            }}
            className="touch-target flex min-h-8 w-full items-center justify-between gap-3 rounded-6 px-2 text-left hover:bg-hover"
          >
            <span className="min-w-0 truncate">{member}</span>
            <span className="text-12 text-muted tabular-nums">{countText(spans)}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}
