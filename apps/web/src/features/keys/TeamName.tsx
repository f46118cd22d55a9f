import type { Team } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { Button, Notice, TextField } from '../../ui/index.ts'
import { consoleQueries } from './console-queries.ts'

/** Names a new team. */
export function NewTeamForm({ onSaved }: { onSaved: () => void }) {
  const workspaceId = useSession().workspace.id
  return (
    <NameForm
      before=""
      button="Create team"
      save={async (name, idempotencyKey) => {
        await call('createTeam', { params: { workspaceId }, body: { name } }, { idempotencyKey })
      }}
      onSaved={onSaved}
    />
  )
}

/** Gives a team another name. */
export function RenameTeamForm({ team }: { team: Team }) {
  const workspaceId = useSession().workspace.id
  return (
    <NameForm
      key={team.name}
      before={team.name}
      button="Rename"
      save={async (name, idempotencyKey) => {
        const params = { workspaceId, teamId: team.id }
        await call('updateTeam', { params, body: { name } }, { idempotencyKey })
      }}
      onSaved={() => undefined}
    />
  )
}

interface NameFormProps {
  before: string
  button: string
  save: (name: string, idempotencyKey: string) => Promise<void>
  onSaved: () => void
}

function NameForm({ before, button, save, onSaved }: NameFormProps) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const [name, setName] = useState(before)
  const { formProps, problem, problemOf, busy } = useSubmission(['name'], async (idempotencyKey) => {
    await save(name.trim(), idempotencyKey)
    await client.invalidateQueries({ queryKey: consoleQueries.teams(workspaceId).queryKey })
    onSaved()
  })
  const isNew = before === ''
  return (
    <form {...formProps} className="flex flex-col gap-4">
      {problem && <Notice tone="danger">{problem}</Notice>}
      <div className={isNew ? 'contents' : 'flex items-end gap-2'}>
        <TextField
          label="Name"
          required
          maxLength={100}
          data-autofocus={isNew || undefined}
          className="flex-1"
          value={name}
          error={problemOf('name')}
          onChange={(event) => setName(event.target.value)}
        />
        <Button
          type="submit"
          variant={isNew ? 'primary' : 'secondary'}
          busy={busy}
          disabled={name.trim() === before}
          className="self-end"
        >
          {button}
        </Button>
      </div>
    </form>
  )
}
