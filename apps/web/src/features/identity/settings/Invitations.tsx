import { useInfiniteQuery } from '@tanstack/react-query'
import { call } from '../../../api/client.ts'
import { Loaded } from '../../../api/Loaded.tsx'
import { keys, queries } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { useAction } from '../../../api/use-action.ts'
import { formatAgo } from '../../../format.ts'
import { Badge, Button, ErrorState } from '../../../ui/index.ts'
import { PanelSection } from '../../settings/Panel.tsx'

/** Invitations that nobody has followed yet. */
export function Invitations() {
  const workspaceId = useSession().workspace.id
  const query = useInfiniteQuery(queries.invitations(workspaceId))
  const revoke = useAction(
    (invitationId: string) => call('revokeInvitation', { params: { workspaceId, invitationId } }),
    [keys.invitations(workspaceId)],
  )
  return (
    <PanelSection title="Open invitations">
      {revoke.error && <ErrorState error={revoke.error} />}
      <Loaded
        query={query}
        what="invitations"
        skeletonRows={1}
        empty={<p className="text-muted">None at the moment.</p>}
      >
        {(invitations) => (
          <ul>
            {invitations.map(({ id, email, role, invitedBy, expiresAt }) => (
              <li key={id} className="flex items-center gap-3 border-b border-line py-2">
                <div className="min-w-0 flex-1">
                  <p className="flex flex-wrap items-center gap-1.5">
                    <span className="break-all">{email}</span>
                    <Badge>{role}</Badge>
                  </p>
                  <p className="text-13 text-muted">
                    by {invitedBy} · runs out {formatAgo(expiresAt)}
                  </p>
                </div>
                <Button
                  size="sm"
                  busy={revoke.input === id}
                  aria-label={`Withdraw the invitation for ${email}`}
                  onClick={() => void revoke.run(id)}
                >
                  Withdraw
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </PanelSection>
  )
}
