import type { Connection } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Loaded } from '../../api/Loaded.tsx'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { formatAgo, formatMs } from '../../format.ts'
import { Badge, Button, type Column, Table } from '../../ui/index.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { useOpenSettings } from '../shell/use-settings.ts'
import { stageAdvice, stageText } from './health-text.ts'
import { providerOf } from './providers.ts'

/** How the connections did when they were last tested; they are changed in the settings. */
export function ConnectionHealth() {
  const { workspace, can } = useSession()
  const openSettings = useOpenSettings()
  const query = useInfiniteQuery(queries.connections(workspace.id))
  const manages = can('connection:manage')
  return (
    <PanelSection
      title="Connections"
      action={
        <Button size="sm" onClick={() => openSettings('Models')}>
          {manages ? 'Test or change them' : 'Show them in the settings'}
        </Button>
      }
    >
      <Loaded
        query={query}
        what="connections"
        skeletonRows={2}
        empty={<p className="text-muted">None yet.</p>}
      >
        {(connections) => (
          <Table caption="Connections" columns={columns} rows={connections} rowKey={({ id }) => id} />
        )}
      </Loaded>
    </PanelSection>
  )
}

const columns: Column<Connection>[] = [
  {
    id: 'name',
    header: 'Connection',
    isTitle: true,
    className: '@xl:w-1/3',
    cell: ({ name, kind, baseUrl, source }) => (
      <div className="min-w-0 py-1">
        <p className="wrap-anywhere">{name}</p>
        <p className="text-12 font-normal break-all text-muted">
          {source === 'built-in' ? 'Answers from the bundled guide' : `${providerOf(kind).name} · ${baseUrl}`}
        </p>
      </div>
    ),
  },
  { id: 'state', header: 'State', cell: (connection) => <State connection={connection} /> },
  {
    id: 'models',
    header: 'Models',
    align: 'end',
    className: 'tabular-nums',
    cell: ({ health }) => health?.modelCount ?? '–',
  },
  {
    id: 'latency',
    header: 'Answered in',
    align: 'end',
    className: 'whitespace-nowrap tabular-nums',
    cell: ({ health }) => (health?.latencyMs == null ? '–' : formatMs(health.latencyMs)),
  },
  {
    id: 'checked',
    header: 'Tested',
    className: 'whitespace-nowrap',
    cell: ({ health }) => (health ? formatAgo(health.checkedAt) : 'never'),
  },
]

function State({ connection: { enabled, health, source } }: { connection: Connection }) {
  if (!enabled) return <Badge tone="warn">off</Badge>
  if (source === 'built-in') return <Badge tone="ok">works</Badge>
  if (!health) return <Badge>not tested</Badge>
  if (health.ok) return <Badge tone="ok">works</Badge>
  const why = [stageText(health.stage), stageAdvice(health.stage)].filter(Boolean).join('. ')
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      <Badge tone="danger">fails</Badge>
      <span className="text-muted">{why}</span>
    </span>
  )
}
