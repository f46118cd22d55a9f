import type { WorkspaceCreation } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../../api/client.ts'
import { queries } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { useAction, useSubmission } from '../../../api/use-action.ts'
import { Button, ErrorState, Notice, TextArea, TextField, useToast } from '../../../ui/index.ts'
import { DefaultModel } from '../../models/DefaultModel.tsx'
import { Choice } from '../../settings/Choice.tsx'
import { Panel, PanelSection } from '../../settings/Panel.tsx'

export function WorkspacePanel() {
  const { workspace, person } = useSession()
  const mayCreate = useMayCreateWorkspaces()
  return (
    <Panel title="General" lead={`What all members of ${workspace.name} share.`}>
      <WorkspaceForm key={workspace.id} />
      <DefaultModelSection />
      {mayCreate && <NewWorkspace />}
      {person.isOperator && <Registration />}
    </Panel>
  )
}

function WorkspaceForm() {
  const { workspace, can, refresh } = useSession()
  const toast = useToast()
  const [name, setName] = useState(workspace.name)
  const [instructions, setInstructions] = useState(workspace.instructions)
  const readOnly = !can('workspace:update')
  const submission = useSubmission(['name', 'instructions'], async (idempotencyKey) => {
    const params = { workspaceId: workspace.id }
    await call('updateWorkspace', { params, body: { name, instructions } }, { idempotencyKey })
    await refresh()
    toast({ message: 'Workspace saved.', tone: 'ok' })
  })
  const changed = name !== workspace.name || instructions !== workspace.instructions
  return (
    <form {...submission.formProps} className="flex flex-col gap-4">
      {readOnly && <Notice>Admins and owners can change these. You are a {workspace.role}.</Notice>}
      {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
      <TextField
        label="Name"
        required
        maxLength={100}
        readOnly={readOnly}
        value={name}
        error={submission.problemOf('name')}
        onChange={(event) => setName(event.target.value)}
      />
      <TextArea
        label="Instructions"
        hint="They are added to every conversation in this workspace."
        maxLength={8000}
        rows={5}
        readOnly={readOnly}
        value={instructions}
        error={submission.problemOf('instructions')}
        onChange={(event) => setInstructions(event.target.value)}
      />
      {!readOnly && (
        <Button
          type="submit"
          variant="primary"
          disabled={!changed}
          busy={submission.busy}
          className="self-end"
        >
          Save
        </Button>
      )}
    </form>
  )
}

function DefaultModelSection() {
  const { workspace } = useSession()
  const models = useQuery(queries.models(workspace.id))
  return models.data ? <DefaultModel models={models.data} /> : null
}

/** The server decides; who would be refused is not asked for a name. */
function useMayCreateWorkspaces(): boolean {
  const { bootstrap, person, workspaces } = useSession()
  const isMoreThanViewer = workspaces.some(({ role }) => role !== 'viewer')
  const byRule = { operators: false, members: isMoreThanViewer, everyone: true }
  return person.isOperator || byRule[bootstrap.workspaceCreation]
}

function NewWorkspace() {
  const { refresh, switchWorkspace } = useSession()
  const toast = useToast()
  const [name, setName] = useState('')
  const submission = useSubmission(['name'], async (idempotencyKey) => {
    const created = await call('createWorkspace', { body: { name } }, { idempotencyKey })
    setName('')
    await refresh()
    toast({
      message: `${created.name} was created.`,
      tone: 'ok',
      action: { label: 'Go there', run: () => switchWorkspace(created.id) },
    })
  })
  return (
    <PanelSection
      title="Create another workspace"
      lead="Each workspace has its own members, models, keys and conversations; nothing is shared between them."
    >
      <form {...submission.formProps} className="flex flex-wrap items-end gap-2">
        <TextField
          label="Name of the new workspace"
          required
          maxLength={100}
          className="min-w-48 flex-1"
          value={name}
          error={submission.problemOf('name')}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" busy={submission.busy}>
          Create
        </Button>
      </form>
      {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
    </PanelSection>
  )
}

const registrations = [
  { value: 'invitation', label: 'By invitation', hint: 'Only invited people can create an account' },
  { value: 'open', label: 'Open', hint: 'Anyone who reaches this server can create an account' },
] as const

interface InstallationChange {
  readonly registration?: 'invitation' | 'open'
  readonly workspaceCreation?: WorkspaceCreation
}

const creations = [
  { value: 'operators', label: 'Operators', hint: 'Only those who run this installation' },
  { value: 'members', label: 'Members', hint: 'Everyone who is more than a viewer somewhere' },
  { value: 'everyone', label: 'Everyone', hint: 'Everyone with an account' },
] as const

function Registration() {
  const { bootstrap, refresh } = useSession()
  const change = useAction(async (settings: InstallationChange) => {
    await call('updateInstallation', { body: settings })
    await refresh()
    return true
  })
  return (
    <PanelSection title="Registration" lead="For the whole installation; you see this because you run it.">
      <Choice
        legend="Who can create an account"
        options={registrations}
        value={change.input?.registration ?? bootstrap.registration}
        onValue={(registration) => void change.run({ registration })}
      />
      <Choice
        legend="Who can create workspaces"
        options={creations}
        value={change.input?.workspaceCreation ?? bootstrap.workspaceCreation}
        onValue={(workspaceCreation) => void change.run({ workspaceCreation })}
      />
      {change.error && <ErrorState error={change.error} />}
    </PanelSection>
  )
}
