import type { Team } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { formatDay } from '../../format.ts'
import { paths } from '../../paths.ts'
import { Button, ConfirmDialog, Dialog, ErrorState, Notice } from '../../ui/index.ts'
import { ScopedBudgets } from '../budgets/ScopedBudgets.tsx'
import { TextLink } from '../identity/TextLink.tsx'
import { PanelSection } from '../settings/Panel.tsx'
import { consoleQueries } from './console-queries.ts'
import { TeamMembers } from './TeamMembers.tsx'
import { RenameTeamForm } from './TeamName.tsx'

interface TeamDialogProps {
  /** Null when closed. */
  team: Team | null
  onClose: () => void
}

/** Everything about one team: its name, its people, its budgets, and its end. */
export const TeamDialog = ({ team, onClose }: TeamDialogProps) => (
  <Dialog open={team !== null} onClose={onClose} title={team?.name ?? ''}>
    {team && <TeamContent team={team} onClose={onClose} />}
  </Dialog>
)

function TeamContent({ team, onClose }: { team: Team; onClose: () => void }) {
  const { can } = useSession()
  const manages = can('team:manage')
  return (
    <div className="flex flex-col gap-6">
      {team.archivedAt && (
        <Notice>{`Archived on ${formatDay(team.archivedAt)}. Bring it back to change who belongs to it.`}</Notice>
      )}
      {manages && <RenameTeamForm team={team} />}
      <PanelSection title="Members">
        <TeamMembers team={team} />
      </PanelSection>
      {can('usage:read') && (
        <p>
          <TextLink to={paths.usage({ teamId: team.id })}>See its usage</TextLink>
        </p>
      )}
      <ScopedBudgets scope="team" scopeId={team.id} scopeName={team.name} />
      {manages && <Archive team={team} onDone={onClose} />}
    </div>
  )
}

function Archive({ team, onDone }: { team: Team; onDone: () => void }) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  const set = (archived: boolean) =>
    call('updateTeam', { params: { workspaceId, teamId: team.id }, body: { archived } })
  const queryKey = consoleQueries.teams(workspaceId).queryKey
  const bringBack = useAction(() => set(false), [queryKey])
  if (team.archivedAt) {
    return (
      <div className="flex flex-col gap-2">
        {bringBack.error && <ErrorState error={bringBack.error} />}
        <Button
          icon="undo"
          className="self-start"
          busy={bringBack.busy}
          onClick={() => void bringBack.run(undefined).then((done) => done && onDone())}
        >
          Bring it back
        </Button>
      </div>
    )
  }
  return (
    <div>
      <Button icon="archive" onClick={() => setAsking(true)}>
        Archive team
      </Button>
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Archive ${team.name}?`}
        confirmLabel="Archive team"
        onConfirm={async () => {
          await set(true)
          onDone()
          await client.invalidateQueries({ queryKey })
        }}
      >
        Nobody can be added to it until it is brought back. A team that keys belong to cannot be archived.
      </ConfirmDialog>
    </div>
  )
}
