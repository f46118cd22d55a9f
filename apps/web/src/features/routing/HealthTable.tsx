import type { ModelHealth } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { formatMs } from '../../format.ts'
import { Badge, type Column, EmptyState, Table } from '../../ui/index.ts'
import { routingQueries } from './routing-queries.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { coolingText } from './policy-text.ts'

const refreshMs = 2000

/** How the models do right now; read again every two seconds while the page is looked at. */
export function HealthTable() {
  const query = useQuery({
    ...routingQueries.health(useSession().workspace.id),
    refetchInterval: refreshMs,
    refetchIntervalInBackground: false,
  })
  return (
    <PanelSection title="Live health">
      <Loaded
        query={query}
        what="health"
        empty={
          <EmptyState icon="network" title="Nothing was called lately">
            As soon as a model is called, its speed and failures appear here.
          </EmptyState>
        }
      >
        {(models) => (
          <Table
            caption="Live health"
            columns={columnsAt(query.dataUpdatedAt)}
            rows={models}
            rowKey={({ model }) => model}
          />
        )}
      </Loaded>
    </PanelSection>
  )
}

function State({ health, nowMs }: { health: ModelHealth; nowMs: number }) {
  const { tone, text } = states[health.state]
  const why = coolingText(health, nowMs)
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      <Badge tone={tone}>{text}</Badge>
      {why && <span className="text-muted">{why}</span>}
      {health.consecutiveFailures > 0 && (
        <span className="text-muted">{`${health.consecutiveFailures} failed in a row`}</span>
      )}
    </span>
  )
}

const states = {
  closed: { tone: 'ok', text: 'answers' },
  'half-open': { tone: 'warn', text: 'is being tried' },
  open: { tone: 'danger', text: 'left out' },
} as const

/** `nowMs`: when the figures were read, so that what is left of a cool-down fits them. */
const columnsAt = (nowMs: number): Column<ModelHealth>[] => [
  {
    id: 'model',
    header: 'Model',
    isTitle: true,
    className: '@xl:w-1/3',
    cell: ({ model }) => <span className="font-mono text-12 break-all">{model}</span>,
  },
  {
    id: 'state',
    header: 'State',
    cell: (health) => <State health={health} nowMs={nowMs} />,
  },
  {
    id: 'first',
    header: 'First token',
    align: 'end',
    className: 'tabular-nums',
    cell: ({ firstTokenMs }) => (firstTokenMs === null ? '–' : formatMs(firstTokenMs)),
  },
  {
    id: 'errors',
    header: 'Failed, last minute',
    align: 'end',
    className: 'tabular-nums',
    cell: ({ errorRate, attempts }) => `${Math.round(errorRate * 100)} % of ${attempts}`,
  },
  {
    id: 'flight',
    header: 'Under way',
    align: 'end',
    className: 'tabular-nums',
    cell: ({ inFlight }) => inFlight,
  },
]
