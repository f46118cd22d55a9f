import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { ApiError } from '../../api/error.ts'
import { writePreference } from '../../api/preferences.ts'
import { keys } from '../../api/queries.ts'
import { useBootstrap } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { formatDay } from '../../format.ts'
import { paths } from '../../paths.ts'
import { BlankPage } from '../../routes/BlankPage.tsx'
import { AppLink, useGo } from '../../routes/links.tsx'
import { QuietPage } from '../../routes/QuietPage.tsx'
import { Button, buttonClass, ErrorState, Notice } from '../../ui/index.ts'
import { TextLink } from './TextLink.tsx'

/** What an invitation link opens. */
export function Invitation({ token }: { token: string }) {
  const { bootstrap } = useBootstrap()
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
        {isTemporary(invitation.error) ? (
          <ErrorState error={invitation.error} onRetry={() => void invitation.refetch()} />
        ) : (
          <p className="text-muted">Ask whoever invited you for a new link.</p>
        )}
        <p className="text-13 text-muted">
          <TextLink to={paths.home()}>Go to the start page</TextLink>
        </p>
      </QuietPage>
    )
  }
  if (!invitation.data || !bootstrap) return <BlankPage />
  const { workspaceName, email, role, expiresAt } = invitation.data
  return (
    <QuietPage
      title={`Join ${workspaceName}`}
      lead={`Your role will be ${role}, and your address ${email}. The invitation expires on ${formatDay(expiresAt)}.`}
    >
      {bootstrap.person ? (
        <Accept token={token} invited={email} email={bootstrap.person.email} />
      ) : (
        <div className="flex flex-col gap-3">
          <AppLink to={paths.signUp(token)} className={buttonClass('primary')}>
            Create an account
          </AppLink>
          <AppLink to={paths.signIn(paths.invitation(token))} className={buttonClass()}>
            I have an account
          </AppLink>
        </div>
      )}
    </QuietPage>
  )
}

function Accept({ token, invited, email }: { token: string; invited: string; email: string }) {
  const go = useGo()
  const accept = useAction(() => call('acceptInvitation', { params: { token } }), [keys.bootstrap])
  const join = async () => {
    const workspace = await accept.run(undefined)
    if (!workspace) return
    writePreference('workspaceId', workspace.id)
    go(paths.home(), { replace: true })
  }
  return (
    <div className="flex flex-col gap-3">
      {invited !== email && (
        <Notice tone="warn">
          You are signed in as {email}. The invitation is for {invited}.
        </Notice>
      )}
      {accept.error && <ErrorState error={accept.error} />}
      <Button variant="primary" busy={accept.busy} onClick={() => void join()}>
        Join
      </Button>
    </div>
  )
}

/** Whether asking again may help; a link that was used or withdrawn stays so. */
const isTemporary = (error: Error): boolean => !(error instanceof ApiError) || error.isTemporary
