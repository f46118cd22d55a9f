import type { Team, TeamRole } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { Loaded } from '../../api/Loaded.tsx'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { Badge, Button, ErrorState, IconButton, Select } from '../../ui/index.ts'
import { consoleQueries } from './console-queries.ts'

const roles = [
  { value: 'member', label: 'Member' },
  { value: 'lead', label: 'Lead' },
] as const

/** Who belongs to a team; leads and admins add and remove people. */
export function TeamMembers({ team }: { team: Team }) {
  const { workspace, can } = useSession()
  const params = { workspaceId: workspace.id, teamId: team.id }
  const query = useInfiniteQuery(consoleQueries.teamMembers(workspace.id, team.id))
  const refreshes = [consoleQueries.teams(workspace.id).queryKey]
  const remove = useAction(
    (personId: string) => call('removeTeamMember', { params: { ...params, personId } }),
    refreshes,
  )
  const setRole = useAction(
    ({ personId, role }: { personId: string; role: TeamRole }) =>
      call('setTeamMember', { params: { ...params, personId }, body: { role } }),
    refreshes,
  )
  const manages = team.archivedAt === null && (can('team:manage') || team.role === 'lead')
  const inTeam = new Set(query.data?.map(({ personId }) => personId))
  return (
    <div className="flex flex-col gap-4">
      {remove.error && <ErrorState error={remove.error} />}
      {setRole.error && <ErrorState error={setRole.error} />}
      <Loaded query={query} what="members" empty={<p className="text-muted">Nobody belongs to it yet.</p>}>
        {(members) => (
          <ul>
            {members.map(({ personId, name, email, role }) => (
              <li key={personId} className="flex items-center gap-3 border-b border-line py-2">
                <div className="min-w-0 flex-1">
                  <p className="font-medium break-words">
                    {name} {role === 'lead' && !manages && <Badge>lead</Badge>}
                  </p>
                  <p className="truncate text-13 text-muted">{email}</p>
                </div>
                {manages && (
                  <>
                    <Select
                      label={`What ${name} is in the team`}
                      hideLabel
                      className="w-28 shrink-0"
                      options={roles}
                      value={setRole.input?.personId === personId ? setRole.input.role : role}
                      onValue={(chosen) => void setRole.run({ personId, role: chosen })}
                    />
                    <IconButton
                      icon="trash"
                      label={`Remove ${name}`}
                      onClick={() => void remove.run(personId)}
                    />
                  </>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {manages && query.data && <AddMember team={team} inTeam={inTeam} />}
    </div>
  )
}

function AddMember({ team, inTeam }: { team: Team; inTeam: ReadonlySet<string> }) {
  const { workspace } = useSession()
  const { data: people = [] } = useInfiniteQuery(queries.members(workspace.id))
  const [chosen, setChosen] = useState('')
  const add = useAction(
    (personId: string) =>
      call('setTeamMember', {
        params: { workspaceId: workspace.id, teamId: team.id, personId },
        body: { role: 'member' },
      }),
    [consoleQueries.teams(workspace.id).queryKey],
  )
  const others = people.filter(({ personId }) => !inTeam.has(personId))
  if (others.length === 0) return null
  const personId = others.find((person) => person.personId === chosen)?.personId ?? ''
  return (
    <div className="flex flex-col gap-2">
      {add.error && <ErrorState error={add.error} />}
      <div className="flex items-end gap-2">
        <Select
          label="Add somebody"
          className="flex-1"
          options={[
            { value: '', label: 'Choose a member of the workspace' },
            ...others.map((person) => ({ value: person.personId, label: person.name })),
          ]}
          value={personId}
          onValue={setChosen}
        />
        <Button disabled={personId === ''} busy={add.busy} onClick={() => void add.run(personId)}>
          Add
        </Button>
      </div>
    </div>
  )
}
