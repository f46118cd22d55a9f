import { Button, Icon } from '../../ui/index.ts'
import type { UsageView } from './use-usage.ts'

const names = { personId: 'one person', teamId: 'one team', keyId: 'one key', model: 'model' } as const

/** The filters that are on, each with a way to take it away. */
export function UsageChips({ view: { filters, choose } }: { view: UsageView }) {
  const on = (['personId', 'teamId', 'keyId', 'model'] as const).filter((name) => filters[name])
  if (on.length === 0) return null
  return (
    <div className="-mt-2 flex flex-wrap items-center gap-2 text-13">
      <span className="text-muted">Only</span>
      {on.map((name) => (
        <Button key={name} size="sm" onClick={() => choose({ [name]: '' })}>
          <span className="max-w-60 truncate">
            {name === 'model' ? `${names.model} ${filters.model}` : names[name]}
          </span>
          <Icon name="close" size={12} />
          <span className="sr-only">, remove this filter</span>
        </Button>
      ))}
    </div>
  )
}
