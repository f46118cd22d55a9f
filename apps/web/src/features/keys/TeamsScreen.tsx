import type { Team } from '@atrium/contract'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { Button, type Column, Dialog, EmptyState, Notice, Table, TextField } from '../../ui/index.ts'
import { ConsolePage } from '../gateway/ConsolePage.tsx'
import { consoleQueries } from './console-queries.ts'
import { TeamMembers } from './TeamMembers.tsx'

/** Departments: people and keys that share budgets. */
export function TeamsScreen() {
  const { workspace, can } = useSession()
  const query = useInfiniteQuery(consoleQueries.teams(workspace.id))
  const [creating, setCreating] = useState(false)
  const [opened, setOpened] = useState<Team | null>(null)
  const create = can('team:manage') && (
    <Button icon="plus" onClick={() => setCreating(true)}>
      New team
    </Button>
  )
  return (
    <ConsolePage
      title="Teams"
      lead="Departments: people and keys that share budgets."
      actions={query.data?.length ? create : null}
    >
      <Loaded
        query={query}
        what="teams"
        empty={
          <EmptyState icon="people" title="No teams yet" action={create}>
            A team gives a department budgets of its own, and keys that spend from them.
          </EmptyState>
        }
      >
        {(teams) => (
          <Table caption="Teams" rows={teams} rowKey={({ id }) => id} columns={teamColumns(setOpened)} />
        )}
      </Loaded>
      <Dialog open={creating} onClose={() => setCreating(false)} title="New team" size="sm">
        <TeamForm onSaved={() => setCreating(false)} />
      </Dialog>
      <Dialog open={opened !== null} onClose={() => setOpened(null)} title={opened?.name ?? ''}>
        {opened && <TeamMembers team={opened} />}
      </Dialog>
    </ConsolePage>
  )
}

const teamColumns = (open: (team: Team) => void): Column<Team>[] => [
  {
    id: 'name',
    header: 'Name',
    isTitle: true,
    className: '@xl:w-full',
    cell: ({ name }) => <span className="break-words">{name}</span>,
  },
  {
    id: 'members',
    header: 'Members',
    align: 'end',
    className: 'tabular-nums',
    cell: ({ memberCount }) => memberCount,
  },
  {
    id: 'open',
    header: 'Open',
    hideHeader: true,
    align: 'end',
    cell: (team) => (
      <Button size="sm" onClick={() => open(team)}>
        Members<span className="sr-only"> of {team.name}</span>
      </Button>
    ),
  },
]

function TeamForm({ onSaved }: { onSaved: () => void }) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const [name, setName] = useState('')
  const submission = useSubmission(['name'], async (idempotencyKey) => {
    await call('createTeam', { params: { workspaceId }, body: { name: name.trim() } }, { idempotencyKey })
    await client.invalidateQueries({ queryKey: consoleQueries.teams(workspaceId).queryKey })
    onSaved()
  })
  return (
    <form {...submission.formProps} className="flex flex-col gap-4">
      {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
      <TextField
        label="Name"
        required
        maxLength={100}
        data-autofocus
        value={name}
        error={submission.problemOf('name')}
        onChange={(event) => setName(event.target.value)}
      />
      <Button type="submit" variant="primary" busy={submission.busy} className="self-end">
        Create team
      </Button>
    </form>
  )
}
