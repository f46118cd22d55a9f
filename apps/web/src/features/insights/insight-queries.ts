import type { MetricDimension } from '@atrium/contract'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { type Asked, queryOf } from './insight-filters.ts'

/** Members that are read of a dimension: as many as the API gives. */
const mostMembers = 20

/** The period and the filters: what an answer depends on, beside the time of asking. */
const keyOf = (workspaceId: string, part: string, { search }: Asked) => {
  const { by: _by, measure: _measure, live: _live, ...meant } = search
  return [workspaceId, 'insights', part, meant] as const
}

const following = ({ paceMs }: Asked) => ({
  refetchInterval: paceMs ?? (false as const),
  placeholderData: keepPreviousData,
})

export const insightQueries = {
  all: (workspaceId: string) => [workspaceId, 'insights'] as const,
  kpis: (workspaceId: string, asked: Asked) =>
    queryOptions({
      queryKey: keyOf(workspaceId, 'kpis', asked),
      queryFn: ({ signal }) =>
        call(
          'readHomeKpis',
          { params: { workspaceId }, query: queryOf(asked.search, Date.now()) },
          { signal },
        ),
      ...following(asked),
    }),
  usage: (workspaceId: string, asked: Asked) =>
    queryOptions({
      queryKey: [...keyOf(workspaceId, 'usage', asked), asked.by],
      queryFn: ({ signal }) =>
        call('readMetricUsage', { params: { workspaceId }, query: splitQueryOf(asked) }, { signal }),
      ...following(asked),
    }),
  cost: (workspaceId: string, asked: Asked) =>
    queryOptions({
      queryKey: [...keyOf(workspaceId, 'cost', asked), asked.by],
      queryFn: ({ signal }) =>
        call('readMetricCost', { params: { workspaceId }, query: splitQueryOf(asked) }, { signal }),
      ...following(asked),
    }),
  performance: (workspaceId: string, asked: Asked) =>
    queryOptions({
      queryKey: [...keyOf(workspaceId, 'performance', asked), asked.by],
      queryFn: ({ signal }) =>
        call('readMetricPerformance', { params: { workspaceId }, query: splitQueryOf(asked) }, { signal }),
      ...following(asked),
    }),
  members: (workspaceId: string, asked: Asked, by: MetricDimension) =>
    queryOptions({
      queryKey: [...keyOf(workspaceId, 'members', asked), by],
      queryFn: ({ signal }) => {
        const query = {
          ...queryOf(asked.search, Date.now()),
          interval: 'auto' as const,
          by,
          top: mostMembers,
        }
        return call('readMetricUsage', { params: { workspaceId }, query }, { signal })
      },
    }),
}

const splitQueryOf = ({ search, by }: Asked) => ({
  ...queryOf(search, Date.now()),
  by,
  top: mostMembers,
  compare: 'previous' as const,
})
