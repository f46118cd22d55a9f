import type { DisplayCurrency, Model, ModelHealth, ModelPrice } from '@atrium/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useSession } from '../../api/session.tsx'
import { type ModelFilters, paths } from '../../paths.ts'
import { useGo } from '../../routes/links.tsx'
import { consoleQueries } from '../keys/console-queries.ts'
import { routingQueries } from '../routing/routing-queries.ts'
import { useAllPages } from '../routing/use-all-pages.ts'
import { filteredModels } from './model-filters.ts'
import { modelQueries } from './model-queries.ts'

const refreshMs = 5000

/** What is known of models besides the catalogue, by their ids. All but the health may still be on its way. */
export interface ModelFacts {
  prices: ReadonlyMap<string, ModelPrice>
  /** Null until it is read. */
  display: DisplayCurrency | null
  health: ReadonlyMap<string, ModelHealth>
  /** When that was. */
  healthReadAtMs: number
}

/** The facts of all models; live ones are read again every five seconds while the page is looked at. */
export function useModelFacts(): { facts: ModelFacts; error: Error | null; retry: () => void } {
  const workspaceId = useSession().workspace.id
  const prices = useInfiniteQuery(modelQueries.prices(workspaceId))
  useAllPages(prices)
  const display = useQuery({
    ...consoleQueries.money(workspaceId),
    select: (settings) => settings.display,
  })
  const health = useQuery({ ...routingQueries.health(workspaceId), refetchInterval: refreshMs })
  const facts = useMemo<ModelFacts>(
    () => ({
      prices: new Map(prices.data?.map((price) => [price.model, price])),
      display: display.data ?? null,
      health: new Map(health.data?.map((one) => [one.model, one])),
      healthReadAtMs: health.dataUpdatedAt,
    }),
    [prices.data, display.data, health.data, health.dataUpdatedAt],
  )
  return {
    facts,
    error: prices.error ?? display.error,
    retry: () => {
      void prices.refetch()
      void display.refetch()
    },
  }
}

export interface ModelView {
  filters: ModelFilters
  /** Changes some of the filters; an empty text takes one away. */
  choose: (changes: ModelFilters) => void
}

/** The filters of the address, and how to change them. Opening a model is a step that Back takes back. */
export function useModelView(): ModelView {
  const go = useGo()
  const filters: ModelFilters = useSearch({ strict: false })
  return {
    filters,
    choose: (changes) => go(paths.models({ ...filters, ...changes }), { replace: !('model' in changes) }),
  }
}

/** The models that fit the filters of the address. */
export function useFound(models: readonly Model[], filters: ModelFilters, facts: ModelFacts): Model[] {
  const { q, connection, can, price, offered } = filters
  return useMemo(
    () =>
      filteredModels(
        models,
        // Only what was chosen.
        { q, connection, can, price, offered } as ModelFilters,
        ({ id }) => facts.prices.get(id)?.origin ?? null,
      ),
    [models, facts.prices, q, connection, can, price, offered],
  )
}
