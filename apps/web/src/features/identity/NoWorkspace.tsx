import { useState } from 'react'
import { call } from '../../api/client.ts'
import { useBootstrap } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { QuietPage } from '../../routes/QuietPage.tsx'
import { TextField } from '../../ui/index.ts'
import { AuthForm } from './AuthForm.tsx'

/** For people who belong to no workspace, or no longer to any. */
export function NoWorkspace() {
  const { refresh } = useBootstrap()
  const [name, setName] = useState('')
  const submission = useSubmission(['name'], async (idempotencyKey) => {
    await call('createWorkspace', { body: { name } }, { idempotencyKey })
    await refresh()
  })
  return (
    <QuietPage
      title="Create a workspace"
      lead="You are not in any workspace at the moment. Create one, or ask a colleague for an invitation."
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
    </QuietPage>
  )
}
