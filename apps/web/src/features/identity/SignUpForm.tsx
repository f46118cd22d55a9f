import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { useSubmission } from '../../api/use-action.ts'
import { TextField } from '../../ui/index.ts'
import { AuthForm } from './AuthForm.tsx'
import { EmailField } from './EmailField.tsx'
import { NewPasswordField } from './NewPasswordField.tsx'
import { useEnter } from './use-enter.ts'

interface SignUpFormProps {
  next: string
  /** Token of the invitation that is accepted. */
  invitation?: string
  /** Address of the invitation; cannot be changed. */
  email?: string
  /** Also asks for the name of the first workspace. */
  withWorkspace?: boolean
  footer?: ReactNode
}

export function SignUpForm({
  next,
  invitation,
  email: invitedEmail,
  withWorkspace,
  footer,
}: SignUpFormProps) {
  const enter = useEnter()
  const [name, setName] = useState('')
  const [email, setEmail] = useState(invitedEmail ?? '')
  const [password, setPassword] = useState('')
  const [workspaceName, setWorkspaceName] = useState('')
  const submission = useSubmission(['name', 'email', 'password', 'workspaceName'], async (idempotencyKey) => {
    const body = {
      name,
      email,
      password,
      ...(invitation ? { invitation } : {}),
      ...(withWorkspace && workspaceName.trim() ? { workspaceName } : {}),
    }
    enter(await call('signUp', { body }, { idempotencyKey }), next)
  })
  return (
    <AuthForm
      submission={submission}
      submitLabel={withWorkspace ? 'Create owner account' : 'Create account'}
      footer={footer}
    >
      <TextField
        label="Your name"
        name="name"
        autoComplete="name"
        required
        maxLength={100}
        // The page has this one purpose.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        value={name}
        error={submission.problemOf('name')}
        onChange={(event) => setName(event.target.value)}
      />
      <EmailField
        readOnly={invitedEmail !== undefined}
        hint={invitedEmail && 'The invitation was sent to this address.'}
        value={email}
        error={submission.problemOf('email')}
        onValue={setEmail}
      />
      <NewPasswordField value={password} onValue={setPassword} error={submission.problemOf('password')} />
      {withWorkspace && (
        <WorkspaceNameField
          value={workspaceName}
          onValue={setWorkspaceName}
          error={submission.problemOf('workspaceName')}
        />
      )}
    </AuthForm>
  )
}

interface WorkspaceNameFieldProps {
  value: string
  onValue: (value: string) => void
  error: string | null
}

const WorkspaceNameField = ({ value, onValue, error }: WorkspaceNameFieldProps) => (
  <TextField
    label="Workspace name (optional)"
    name="organization"
    autoComplete="organization"
    maxLength={100}
    placeholder="My team"
    hint="Your team’s chats, models and keys live here. Left empty, it is called “Default”; you can rename it later."
    value={value}
    error={error}
    onChange={(event) => onValue(event.target.value)}
  />
)
