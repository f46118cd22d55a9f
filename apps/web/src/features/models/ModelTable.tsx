import type { Model } from '@atrium/contract'
import { useState } from 'react'
import { formatTokens } from '../../format.ts'
import { Badge, Button, type Column, Table } from '../../ui/index.ts'
import { HealthState } from '../routing/HealthState.tsx'
import { originText } from './model-price.ts'
import { PricePair } from './PricePair.tsx'
import type { ModelFacts } from './use-catalogue.ts'

const step = 60

interface ModelTableProps {
  models: readonly Model[]
  facts: ModelFacts
  /** Shows all that is known of a model. */
  open: (id: string) => void
}

/** The catalogue, some rows at a time. */
export function ModelTable({ models, facts, open }: ModelTableProps) {
  const [shown, setShown] = useState(step)
  const rows = models.slice(0, shown)
  if (models.length === 0) return <p className="text-muted">No model fits these filters.</p>
  return (
    <>
      <Table caption="Models" columns={columnsWith(facts, open)} rows={rows} rowKey={({ id }) => id} />
      {rows.length < models.length && (
        <div>
          <Button onClick={() => setShown(shown + step)}>
            {`Show ${Math.min(step, models.length - rows.length)} more of ${models.length}`}
          </Button>
        </div>
      )}
    </>
  )
}

/** What a model can do, in words. */
export const abilitiesOf = ({ capabilities: { chat, thinking, tools, images } }: Model): string[] =>
  [!chat && 'not for chat', thinking && 'thinking', tools && 'tools', images && 'images'].filter(
    (ability) => ability !== false,
  )

const columnsWith = (facts: ModelFacts, open: (id: string) => void): Column<Model>[] => [
  {
    id: 'name',
    header: 'Model',
    isTitle: true,
    className: '@xl:w-full @xl:min-w-48',
    cell: (model) => <Name model={model} open={() => open(model.id)} />,
  },
  {
    id: 'context',
    header: 'Context',
    align: 'end',
    className: 'tabular-nums',
    cell: ({ contextTokens }) => (contextTokens === null ? '–' : formatTokens(contextTokens)),
  },
  {
    id: 'price',
    header: 'Per M tokens, in / out',
    align: 'end',
    className: 'tabular-nums',
    cell: (model) => <PricePair model={model} display={facts.display} />,
  },
  {
    id: 'origin',
    header: 'Price from',
    cell: ({ id }) => {
      const origin = facts.prices.get(id)?.origin
      return <span className="text-muted">{(origin && originText[origin]) ?? '–'}</span>
    },
  },
  {
    id: 'health',
    header: 'Now',
    cell: ({ id }) => {
      const health = facts.health.get(id)
      return health ? (
        <HealthState health={health} nowMs={facts.healthReadAtMs} brief />
      ) : (
        <span className="whitespace-nowrap text-faint">no recent calls</span>
      )
    },
  },
]

function Name({ model, open }: { model: Model; open: () => void }) {
  const { name, id, connectionName, label, enabled } = model
  const notes = [connectionName, ...abilitiesOf(model)]
  return (
    <div className="min-w-0 py-1 font-normal">
      <p className="flex flex-wrap items-center gap-1.5">
        <button
          type="button"
          onClick={open}
          className="touch-target rounded-4 text-left font-medium wrap-anywhere underline-offset-2 hover:underline"
        >
          {name}
        </button>
        {label && <Badge tone="accent">{label}</Badge>}
        {!enabled && <Badge>not offered</Badge>}
      </p>
      {id !== name && <p className="font-mono text-12 break-all text-muted">{id}</p>}
      <p className="text-12 wrap-anywhere text-muted">{notes.join(' · ')}</p>
    </div>
  )
}
