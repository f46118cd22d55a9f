import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { call } from '../../api/client.ts'
import { useBootstrap } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { paths } from '../../paths.ts'
import { BlankPage } from '../../routes/BlankPage.tsx'
import { AppLink } from '../../routes/links.tsx'
import { QuietPage } from '../../routes/QuietPage.tsx'
import { Button, buttonClass, ErrorState, Notice } from '../../ui/index.ts'

/** What the link in the verification mail opens. */
export function VerifyEmail() {
  const { token = '' } = useSearch({ from: '/verify-email' })
  const { refresh } = useBootstrap()
  // A query rather than an action: it runs once per token, however often the page is drawn.
  const verification = useQuery({
    queryKey: ['verify-email', token],
    queryFn: async () => {
      await call('verifyEmail', { body: { token } })
      await refresh()
      return true
    },
    enabled: token !== '',
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (token !== '' && verification.isPending) return <BlankPage />
  if (verification.data) {
    return (
      <QuietPage title="Your address is confirmed">
        <AppLink to={paths.home()} className={buttonClass('primary')}>
          Continue to Atrium
        </AppLink>
      </QuietPage>
    )
  }
  return (
    <QuietPage
      title="The address was not confirmed"
      lead="The link may have expired, been used already, or been cut off by your mail program."
    >
      {verification.error && <ErrorState error={verification.error} />}
      <SendAgain />
    </QuietPage>
  )
}

function SendAgain() {
  const { bootstrap } = useBootstrap()
  const request = useAction(async () => {
    await call('requestEmailVerification')
    return true
  })
  const sent = request.done
  if (!bootstrap?.person) {
    return (
      <AppLink to={paths.signIn()} className={buttonClass()}>
        Sign in to get a new link
      </AppLink>
    )
  }
  return (
    <div className="flex flex-col gap-3">
      {sent && <Notice tone="ok">A new link is on its way to {bootstrap.person.email}.</Notice>}
      {request.error && <ErrorState error={request.error} />}
      <Button busy={request.busy} onClick={() => void request.run(undefined)}>
        Send a new link
      </Button>
    </div>
  )
}
