import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useBootstrap } from '../../api/session.tsx'
import { paths, safeNext } from '../../paths.ts'
import { BlankPage } from '../../routes/BlankPage.tsx'
import { GoTo } from '../../routes/links.tsx'
import { QuietPage } from '../../routes/QuietPage.tsx'
import { ErrorState } from '../../ui/index.ts'
import { SignUpForm } from './SignUpForm.tsx'
import { TextLink } from './TextLink.tsx'

/** First run, invitation, or open registration: who may create an account, and what for. */
export function SignUp() {
  const { invitation, next } = useSearch({ from: '/sign-up' })
  const { bootstrap, error, refresh } = useBootstrap()
  // The owner's account exists as soon as the form is sent; the way still leads to the welcome page.
  const [isFirstRun, setIsFirstRun] = useState(false)
  if (bootstrap?.needsOwner && !isFirstRun) setIsFirstRun(true)
  if (!bootstrap) {
    if (!error) return <BlankPage />
    return (
      <QuietPage title="Atrium does not answer">
        <ErrorState error={error} onRetry={() => void refresh()} />
      </QuietPage>
    )
  }
  if (bootstrap.needsOwner) return <FirstRun />
  if (isFirstRun) return <GoTo path={paths.welcome()} />
  if (invitation) return <InvitedSignUp token={invitation} />
  if (bootstrap.person) return <GoTo path={safeNext(next)} />
  if (bootstrap.registration === 'invitation') return <ByInvitationOnly />
  return (
    <QuietPage title="Create an account">
      <SignUpForm next={safeNext(next)} footer={<HaveAccount />} />
    </QuietPage>
  )
}

const FirstRun = () => (
  <QuietPage
    title="Set up Atrium"
    lead="You are the first person here. Your account will run this installation and own its first workspace."
  >
    <SignUpForm withWorkspace next={paths.welcome()} />
  </QuietPage>
)

const ByInvitationOnly = () => (
  <QuietPage
    title="By invitation"
    lead="You need an invitation to create an account here. Ask a colleague for one."
  >
    <HaveAccount />
  </QuietPage>
)

const HaveAccount = () => (
  <p className="text-13 text-muted">
    Already have an account? <TextLink to={paths.signIn()}>Sign in</TextLink>
  </p>
)

function InvitedSignUp({ token }: { token: string }) {
  const invitation = useQuery({
    queryKey: keys.invitation(token),
    queryFn: ({ signal }) => call('getInvitation', { params: { token } }, { signal }),
  })
  if (invitation.error) {
    return (
      <QuietPage
        title="This invitation does not work"
        lead="It may have been used or withdrawn, or it may have expired."
      >
        <ErrorState error={invitation.error} onRetry={() => void invitation.refetch()} />
        <HaveAccount />
      </QuietPage>
    )
  }
  if (!invitation.data) return <BlankPage />
  const { workspaceName, email } = invitation.data
  return (
    <QuietPage title={`Join ${workspaceName}`} lead="Create your account to accept the invitation.">
      <SignUpForm invitation={token} email={email} next={paths.home()} footer={<HaveAccount />} />
    </QuietPage>
  )
}
