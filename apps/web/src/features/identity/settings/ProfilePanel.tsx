import { useState } from 'react'
import { call } from '../../../api/client.ts'
import { useSession } from '../../../api/session.tsx'
import { useAction, useSubmission } from '../../../api/use-action.ts'
import { Badge, Button, ErrorState, Notice, TextArea, TextField, useToast } from '../../../ui/index.ts'
import { Panel, PanelSection } from '../../settings/Panel.tsx'

export function ProfilePanel() {
  return (
    <Panel title="Profile" lead="Who you are, here and to the models you talk with.">
      <ProfileForm />
      <EmailSection />
    </Panel>
  )
}

function ProfileForm() {
  const { person, refresh } = useSession()
  const toast = useToast()
  const [name, setName] = useState(person.name)
  const [instructions, setInstructions] = useState(person.instructions)
  const submission = useSubmission(['name', 'instructions'], async (idempotencyKey) => {
    await call('updateMe', { body: { name, instructions } }, { idempotencyKey })
    await refresh()
    toast({ message: 'Profile saved.', tone: 'ok' })
  })
  const changed = name !== person.name || instructions !== person.instructions
  return (
    <form {...submission.formProps} className="flex flex-col gap-4">
      {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
      <TextField
        label="Name"
        autoComplete="name"
        required
        maxLength={100}
        value={name}
        error={submission.problemOf('name')}
        onChange={(event) => setName(event.target.value)}
      />
      <TextArea
        label="Personal instructions"
        hint="Tell the model what you do and how you like your answers. This is added to each of your conversations; colleagues cannot see it."
        maxLength={8000}
        rows={5}
        value={instructions}
        error={submission.problemOf('instructions')}
        onChange={(event) => setInstructions(event.target.value)}
      />
      <Button type="submit" variant="primary" disabled={!changed} busy={submission.busy} className="self-end">
        Save
      </Button>
    </form>
  )
}

function EmailSection() {
  const { person, bootstrap } = useSession()
  const request = useAction(async () => {
    await call('requestEmailVerification')
    return true
  })
  return (
    <PanelSection title="E-mail">
      <p className="flex flex-wrap items-center gap-2">
        <span className="break-all">{person.email}</span>
        <Badge tone={person.emailVerified ? 'ok' : 'warn'}>
          {person.emailVerified ? 'confirmed' : 'not confirmed'}
        </Badge>
        {!person.emailVerified && !request.done && (
          <Button size="sm" busy={request.busy} onClick={() => void request.run(undefined)}>
            Send the link again
          </Button>
        )}
      </p>
      {request.error && <ErrorState error={request.error} />}
      {request.done && (
        <Notice tone="ok">
          {bootstrap.mailConfigured
            ? 'A link is on its way to that address.'
            : 'No mail server is set up yet, so the e-mail is in the outbox.'}
        </Notice>
      )}
    </PanelSection>
  )
}
