import type { Model, ModelPrice } from '@atrium/contract'
import type { ModelFilters } from '../../paths.ts'

type Origin = ModelPrice['origin']

export const abilities = [
  { value: 'tools', label: 'Tools' },
  { value: 'images', label: 'Images' },
  { value: 'thinking', label: 'Thinking' },
] as const

export const priceFilters: readonly { value: Origin; label: string }[] = [
  { value: 'published', label: 'Published price' },
  { value: 'override', label: 'Price of your own' },
  { value: 'free', label: 'No cost' },
  { value: 'unknown', label: 'Price unknown' },
]

/** Where a price comes from; null until that is read. An unknown price is known from the catalogue alone. */
export type OriginOf = (model: Model) => Origin | null

/** The models that fit all filters. A filter with a value that nobody knows lets everything through. */
export function filteredModels(models: readonly Model[], filters: ModelFilters, originOf: OriginOf): Model[] {
  const words = (filters.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const ability = abilities.find(({ value }) => value === filters.can)?.value
  const price = priceFilters.find(({ value }) => value === filters.price)?.value
  return models.filter((model) => {
    const text = `${model.name} ${model.id} ${model.connectionName}`.toLowerCase()
    return (
      words.every((word) => text.includes(word)) &&
      (!filters.connection || model.connectionId === filters.connection) &&
      (!ability || model.capabilities[ability]) &&
      (!price || originOf(model) === price) &&
      (filters.offered === 'no' ? !model.enabled : filters.offered === 'yes' ? model.enabled : true)
    )
  })
}

/** The connections that models come from, each once, in the order of the catalogue. */
export function connectionsOf(models: readonly Model[]): { value: string; label: string }[] {
  const names = new Map<string, string>()
  for (const { connectionId, connectionName } of models)
    if (connectionId !== null) names.set(connectionId, connectionName)
  return [...names].map(([value, label]) => ({ value, label }))
}
