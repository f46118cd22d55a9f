import { useState } from 'react'
import { Outlet, useLocation } from '@tanstack/react-router'
import { SessionProvider, useBootstrap, useChosenWorkspace } from '../api/session.tsx'
import { SettingsHost } from '../features/settings/SettingsHost.tsx'
import { paths } from '../paths.ts'
import { ErrorState } from '../ui/index.ts'
import { BlankPage } from './BlankPage.tsx'
import { GoTo } from './links.tsx'
import { FailedPage } from './FailedPart.tsx'
import { lazyPart } from './lazy-part.tsx'
import { QuietPage } from './QuietPage.tsx'

const NoWorkspace = lazyPart(async () => (await import('../features/identity/screens.ts')).NoWorkspace, {
  Waiting: BlankPage,
  Failed: FailedPage,
})

/** Lets signed-in people through; others go to sign in, or to the first run of a new installation. */
export function SignedIn() {
  const { bootstrap, error, isConfirmed, refresh } = useBootstrap()
  const workspace = useChosenWorkspace(bootstrap)
  if (!bootstrap) {
    if (!error) return <BlankPage />
    return (
      <QuietPage title="Atrium does not answer">
        <ErrorState error={error} onRetry={() => void refresh()} />
      </QuietPage>
    )
  }
  const { person } = bootstrap
  if (bootstrap.needsOwner) return <GoTo path={paths.signUp()} />
  if (!person) return isConfirmed ? <AskToSignIn /> : <BlankPage />
  if (!workspace) return <NoWorkspace />
  return (
    <SessionProvider key={workspace.id} bootstrap={bootstrap} person={person} workspace={workspace}>
      <Outlet />
      <SettingsHost />
    </SessionProvider>
  )
}

/** Remembers where the person wanted to go. */
function AskToSignIn() {
  const here = useLocation({ select: (location) => location.href })
  // Only the first address counts: it changes as soon as the redirect begins.
  const [path] = useState(() => paths.signIn(here))
  return <GoTo path={path} />
}
