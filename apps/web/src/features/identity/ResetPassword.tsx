import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { useBootstrap } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { paths } from '../../paths.ts'
import { AppLink } from '../../routes/links.tsx'
import { QuietPage } from '../../routes/QuietPage.tsx'
import { buttonClass, Notice } from '../../ui/index.ts'
import { AuthForm } from './AuthForm.tsx'
import { EmailField } from './EmailField.tsx'
import { NewPasswordField } from './NewPasswordField.tsx'
import { TextLink } from './TextLink.tsx'

/** Asks for a link by mail, and sets the new password when that link is followed. */
export function ResetPassword() {
  const { token } = useSearch({ from: '/reset-password' })
  return token ? <SetPassword token={token} /> : <AskForLink />
}

function AskForLink() {
  const { bootstrap } = useBootstrap()
  const [email, setEmail] = useState('')
  const [sentTo, setSentTo] = useState<string | null>(null)
  const submission = useSubmission(['email'], async (idempotencyKey) => {
    await call('requestPasswordReset', { body: { email } }, { idempotencyKey })
    setSentTo(email)
  })
  if (sentTo !== null) {
    return (
      <QuietPage title="Check your e-mail" lead={`If ${sentTo} has an account here, a link is on its way.`}>
        {bootstrap && !bootstrap.mailConfigured && (
          <Notice tone="warn" title="No mail server is set up yet">
            Whoever runs Atrium can find the link in Settings › Mail outbox.
          </Notice>
        )}
        <TextLink to={paths.signIn()}>Back to sign in</TextLink>
      </QuietPage>
    )
  }
  return (
    <QuietPage title="Set a new password" lead="We will send you a link.">
      <AuthForm
        submission={submission}
        submitLabel="Send the link"
        footer={<TextLink to={paths.signIn()}>Back to sign in</TextLink>}
      >
        <EmailField
          // The page has this one purpose.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          value={email}
          error={submission.problemOf('email')}
          onValue={setEmail}
        />
      </AuthForm>
    </QuietPage>
  )
}

function SetPassword({ token }: { token: string }) {
  const [password, setPassword] = useState('')
  const [done, setDone] = useState(false)
  const { refresh } = useBootstrap()
  const submission = useSubmission(['password'], async (idempotencyKey) => {
    await call('resetPassword', { body: { token, password } }, { idempotencyKey })
    setDone(true)
    await refresh()
  })
  if (done) {
    return (
      <QuietPage title="The password is set" lead="All sessions were ended. Sign in with the new password.">
        <AppLink to={paths.signIn()} className={buttonClass('primary')}>
          Sign in
        </AppLink>
      </QuietPage>
    )
  }
  return (
    <QuietPage title="Set a new password" lead="You are signed out everywhere else.">
      <AuthForm
        submission={submission}
        submitLabel="Set password"
        footer={<TextLink to={paths.resetPassword()}>Send another link</TextLink>}
      >
        <NewPasswordField
          label="New password"
          value={password}
          onValue={setPassword}
          error={submission.problemOf('password')}
        />
      </AuthForm>
    </QuietPage>
  )
}
