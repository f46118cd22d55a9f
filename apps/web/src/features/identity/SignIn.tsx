import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { useBootstrap } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { paths, safeNext } from '../../paths.ts'
import { GoTo } from '../../routes/links.tsx'
import { QuietPage } from '../../routes/QuietPage.tsx'
import { PasswordField } from '../../ui/index.ts'
import { AuthForm } from './AuthForm.tsx'
import { EmailField } from './EmailField.tsx'
import { TextLink } from './TextLink.tsx'
import { useEnter } from './use-enter.ts'

export function SignIn() {
  const next = safeNext(useSearch({ from: '/sign-in' }).next)
  const { bootstrap, isConfirmed } = useBootstrap()
  const enter = useEnter()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const submission = useSubmission(['email', 'password'], async (idempotencyKey) => {
    enter(await call('signIn', { body: { email, password } }, { idempotencyKey }), next)
  })
  if (bootstrap?.needsOwner) return <GoTo path={paths.signUp()} />
  if (isConfirmed && bootstrap?.person && !submission.busy) return <GoTo path={next} />
  return (
    <QuietPage title="Sign in">
      <AuthForm
        submission={submission}
        submitLabel="Sign in"
        footer={
          <>
            <TextLink to={paths.resetPassword()}>Forgot your password?</TextLink>
            {bootstrap?.registration === 'open' ? (
              <p>
                No account yet? <TextLink to={paths.signUp()}>Create one</TextLink>
              </p>
            ) : (
              <p>New here? Ask a colleague for an invitation.</p>
            )}
          </>
        }
      >
        <EmailField
          // The page has this one purpose.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          value={email}
          error={submission.problemOf('email')}
          onValue={setEmail}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          error={submission.problemOf('password')}
          onChange={(event) => setPassword(event.target.value)}
        />
      </AuthForm>
    </QuietPage>
  )
}
