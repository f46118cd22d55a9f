import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { endSession, useBootstrap } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { QuietPage } from '../../routes/QuietPage.tsx'
import { Button, TextField } from '../../ui/index.ts'
import { AuthForm } from './AuthForm.tsx'

/** For people who belong to no workspace, or no longer to any. */
export function NoWorkspace() {
  const { refresh } = useBootstrap()
  const client = useQueryClient()
  const signOut = () => endSession(client)
  const [name, setName] = useState('')
  const submission = useSubmission(['name'], async (idempotencyKey) => {
    await call('createWorkspace', { body: { name } }, { idempotencyKey })
    await refresh()
  })
  return (
    <QuietPage
      title="You are not in a workspace any more"
      lead="You have left it, an owner has removed you, or it was deleted. Ask for an invitation to come back, or create a workspace of your own."
    >
      <AuthForm submission={submission} submitLabel="Create workspace">
        <TextField
          label="Name"
          required
          maxLength={100}
          value={name}
          error={submission.problemOf('name')}
          onChange={(event) => setName(event.target.value)}
        />
      </AuthForm>
      <Button variant="quiet" icon="signOut" onClick={() => void signOut()}>
        Sign out
      </Button>
    </QuietPage>
  )
}
