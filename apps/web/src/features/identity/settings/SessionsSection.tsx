import type { Session } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../../api/client.ts'
import { Loaded } from '../../../api/Loaded.tsx'
import { keys, queries } from '../../../api/queries.ts'
import { useAction } from '../../../api/use-action.ts'
import { formatAgo, formatMoment } from '../../../format.ts'
import { Badge, Button, ErrorState } from '../../../ui/index.ts'
import { PanelSection } from '../../settings/Panel.tsx'
import { describeUserAgent } from './user-agent.ts'

export function SessionsSection() {
  const query = useQuery(queries.sessions())
  const revoke = useAction(
    (sessionId: string) => call('revokeSession', { params: { sessionId } }),
    [keys.sessions],
  )
  const revokeOthers = useAction(() => call('revokeOtherSessions'), [keys.sessions])
  const others = query.data?.some(({ current }) => !current)
  const error = revoke.error ?? revokeOthers.error
  return (
    <PanelSection
      title="Sessions"
      action={
        others && (
          <Button size="sm" busy={revokeOthers.busy} onClick={() => void revokeOthers.run(undefined)}>
            End all others
          </Button>
        )
      }
    >
      {error && <ErrorState error={error} />}
      <Loaded query={query} what="sessions" skeletonRows={2} empty={null}>
        {(sessions) => (
          <ul>
            {sessions.map((session) => (
              <SessionRow
                key={session.id}
                session={session}
                busy={revoke.input === session.id}
                revoke={() => void revoke.run(session.id)}
              />
            ))}
          </ul>
        )}
      </Loaded>
    </PanelSection>
  )
}

interface SessionRowProps {
  session: Session
  busy: boolean
  revoke: () => void
}

function SessionRow({ session, busy, revoke }: SessionRowProps) {
  const device = describeUserAgent(session.userAgent)
  return (
    <li className="flex items-center gap-3 border-b border-line py-2">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-1.5">
          <span data-tip={session.userAgent ?? undefined}>{device}</span>
          {session.current && <Badge tone="accent">this one</Badge>}
        </p>
        <p className="text-13 text-muted">
          {session.address && <span className="font-mono text-12">{session.address} · </span>}
          <span data-tip={formatMoment(session.lastUsedAt)}>last used {formatAgo(session.lastUsedAt)}</span>
        </p>
      </div>
      {!session.current && (
        <Button size="sm" busy={busy} onClick={revoke} aria-label={`End the session of ${device}`}>
          End
        </Button>
      )}
    </li>
  )
}
