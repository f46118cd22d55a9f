import { useQuery } from '@tanstack/react-query'
import { useSession } from '../../api/session.tsx'
import { Button, Icon } from '../../ui/index.ts'
import { type Dimension, dimensions, filterOf, memberName, usageQueries } from './usage-query.ts'
import type { UsageView } from './use-usage.ts'

/** The filters that are on, each with a way to take it away. */
export function UsageChips({ view }: { view: UsageView }) {
  const on = dimensions.filter(({ value }) => view.filters[filterOf[value]])
  if (on.length === 0) return null
  return (
    <div className="-mt-2 flex flex-wrap items-center gap-2 text-13">
      <span className="text-muted">Only</span>
      {on.map(({ value }) => (
        <Chip key={value} by={value} view={view} />
      ))}
    </div>
  )
}

function Chip({ by, view: { filters, asked, choose } }: { by: Dimension; view: UsageView }) {
  // The filter leaves one group of its own dimension, and that has the name.
  const { data } = useQuery(usageQueries.groups(useSession().workspace.id, { ...asked, by }))
  const id = filters[filterOf[by]] ?? ''
  const found = data?.data.find((group) => group.id === id)
  const kind = (dimensions.find(({ value }) => value === by)?.label ?? '').toLowerCase()
  return (
    <Button size="sm" className="max-w-full" onClick={() => choose({ [filterOf[by]]: '' })}>
      <span className="truncate">{`${kind} ${memberName(by, { id, name: found?.name ?? null })}`}</span>
      <Icon name="close" size={12} />
      <span className="sr-only">, remove this filter</span>
    </Button>
  )
}
