import type { Budget, Team } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { Badge, Button, type Column, Dialog, EmptyState, Select, Table } from '../../ui/index.ts'
import { BudgetBars, useBudgetsOf } from '../budgets/ScopedBudgets.tsx'
import { ConsolePage } from '../gateway/ConsolePage.tsx'
import { consoleQueries } from './console-queries.ts'
import { TeamDialog } from './TeamDialog.tsx'
import { NewTeamForm } from './TeamName.tsx'

const states = [
  { value: 'current', label: 'In use' },
  { value: 'archived', label: 'Archived' },
] as const
type State = (typeof states)[number]['value']

/** Departments: people and keys that share budgets. */
export function TeamsScreen() {
  const { workspace, can } = useSession()
  const [state, setState] = useState<State>('current')
  const current = useInfiniteQuery(consoleQueries.teams(workspace.id))
  const archived = useInfiniteQuery({
    ...consoleQueries.archivedTeams(workspace.id),
    enabled: state === 'archived',
  })
  const [creating, setCreating] = useState(false)
  const [openedId, setOpenedId] = useState<string | null>(null)
  const budgetsOf = useBudgetsOf('team')
  const query = state === 'current' ? current : archived
  const create = can('team:manage') && (
    <Button icon="plus" onClick={() => setCreating(true)}>
      New team
    </Button>
  )
  return (
    <ConsolePage
      title="Teams"
      lead="Departments: people and keys that share budgets."
      actions={
        <>
          <Select
            label="Which teams"
            hideLabel
            className="w-32"
            options={states}
            value={state}
            onValue={setState}
          />
          {state === 'current' && current.data?.length ? create : null}
        </>
      }
    >
      <Loaded
        query={query}
        what="teams"
        empty={<NoTeams state={state} create={create} showCurrent={() => setState('current')} />}
      >
        {(teams) => (
          <Table
            caption={state === 'current' ? 'Teams' : 'Archived teams'}
            isWide
            rows={teams}
            rowKey={({ id }) => id}
            columns={teamColumns(can('budget:read') ? budgetsOf : null, setOpenedId)}
          />
        )}
      </Loaded>
      <Dialog open={creating} onClose={() => setCreating(false)} title="New team" size="sm">
        <NewTeamForm onSaved={() => setCreating(false)} />
      </Dialog>
      <TeamDialog
        team={query.data?.find(({ id }) => id === openedId) ?? null}
        onClose={() => setOpenedId(null)}
      />
    </ConsolePage>
  )
}

interface NoTeamsProps {
  state: State
  create: ReactNode
  showCurrent: () => void
}

const NoTeams = ({ state, create, showCurrent }: NoTeamsProps) =>
  state === 'archived' ? (
    <EmptyState
      icon="archive"
      title="No archived teams"
      action={<Button onClick={showCurrent}>Show the teams in use</Button>}
    >
      A team that is not needed any more can be archived; its history stays.
    </EmptyState>
  ) : (
    <EmptyState icon="people" title="No teams yet" action={create}>
      A team gives a department budgets of its own, and keys that spend from them.
    </EmptyState>
  )

/** Without `budgetsOf` nothing is said of budgets. */
const teamColumns = (
  budgetsOf: ((teamId: string) => Budget[]) | null,
  open: (teamId: string) => void,
): Column<Team>[] => [
  {
    id: 'name',
    header: 'Name',
    isTitle: true,
    className: '@4xl:w-full @4xl:min-w-48',
    cell: ({ id, name, role }) => (
      <span className="min-w-0 wrap-anywhere">
        <button
          type="button"
          onClick={() => open(id)}
          className="touch-target min-h-6 text-left underline decoration-line-strong underline-offset-3 hover:decoration-ink"
        >
          {name}
        </button>{' '}
        {role && <Badge>{role === 'lead' ? 'you lead it' : 'you belong to it'}</Badge>}
      </span>
    ),
  },
  {
    id: 'leads',
    header: 'Led by',
    className: '@4xl:min-w-40',
    cell: ({ leads }) =>
      leads.length === 0 ? (
        <span className="text-muted">nobody</span>
      ) : (
        <span className="min-w-0 wrap-anywhere">{leads.map((lead) => lead.name).join(', ')}</span>
      ),
  },
  {
    id: 'members',
    header: 'Members',
    align: 'end',
    className: 'tabular-nums',
    cell: ({ memberCount }) => memberCount,
  },
  ...(budgetsOf ? [budgetColumn(budgetsOf)] : []),
  {
    id: 'open',
    header: 'Open',
    hideHeader: true,
    align: 'end',
    cell: (team) => (
      <Button size="sm" onClick={() => open(team.id)}>
        Open<span className="sr-only"> {team.name}</span>
      </Button>
    ),
  },
]

const budgetColumn = (budgetsOf: (teamId: string) => Budget[]): Column<Team> => ({
  id: 'budget',
  header: 'Budget',
  className: '@4xl:min-w-52',
  cell: ({ id }) => <BudgetBars budgets={budgetsOf(id)} />,
})
