import type { ModelHealth } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { formatMs } from '../../format.ts'
import { type Column, EmptyState, Table } from '../../ui/index.ts'
import { routingQueries } from './routing-queries.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { HealthState } from './HealthState.tsx'

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
    cell: (health) => <HealthState health={health} nowMs={nowMs} />,
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
