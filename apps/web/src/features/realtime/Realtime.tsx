import type { SyncMessage } from '@atrium/contract'
import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { callRaw } from '../../api/client.ts'
import { ApiError } from '../../api/error.ts'
import { keys } from '../../api/queries.ts'
import { reachability, type StreamState } from '../../api/reachable.ts'
import { useSession } from '../../api/session.tsx'
import { useChatServices } from '../chat/data/chat-services.ts'
import { applySync, type SyncTarget } from './apply-sync.ts'
import { followEvents } from './follow.ts'
import { leadOrListen } from './leader.ts'

/** What the tab that reads the stream tells the others: each event, and how the stream itself does. */
type TabMessage = SyncMessage | { type: 'stream'; state: StreamState }

/** Keeps this tab in step with the person's other tabs and devices. Draws nothing. */
export function Realtime() {
  const { client, workspaceId, unread } = useChatServices()
  const { person, refresh } = useSession()
  const router = useRouter()
  useEffect(() => {
    const stop = new AbortController()
    const openId = () => /^\/c\/([^/]+)/.exec(router.state.location.pathname)?.[1] ?? null
    const target: SyncTarget = { client, workspaceId, unread, openId, onRevoked: () => void refresh() }
    const tab = leadOrListen<TabMessage>(`atrium-sync-${person.id}-${workspaceId}`, {
      signal: stop.signal,
      onMessage: (event) => {
        if (event.type === 'stream') reachability.note(event.state)
        else applySync(target, event)
      },
      lead: (publish) => readSync(workspaceId, publish, target, stop.signal),
    })
    const seen = () => {
      const id = openId()
      if (id && !document.hidden) unread.delete(id)
    }
    const unsubscribe = router.subscribe('onResolved', seen)
    // Another tab does not know what this one shows.
    const unmark = unread.subscribe(seen)
    document.addEventListener('visibilitychange', seen)
    seen()
    void tab
    return () => {
      stop.abort()
      reachability.note('open')
      unsubscribe()
      unmark()
      document.removeEventListener('visibilitychange', seen)
    }
  }, [client, workspaceId, unread, person.id, refresh, router])
  return null
}

/** Reads the sync stream until the signal aborts; after a gap every list is read again. */
async function readSync(
  workspaceId: string,
  publish: (event: TabMessage) => void,
  { client }: SyncTarget,
  signal: AbortSignal,
): Promise<void> {
  let opened = 0
  await followEvents({
    open: (lastEventId, both) =>
      callRaw('sync', { params: { workspaceId } }, { signal: both, headers: syncHeaders(lastEventId) }),
    onEvent: ({ data, type }) => {
      if (type === 'reconnect') return 'reconnect'
      // The server writes these events from the schema that this type comes from.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const event = JSON.parse(data) as SyncMessage
      publish(event)
      // Changes are told from here on, and what is read now covers those before.
      if (event.type === 'ready' && opened++ > 0)
        void client.invalidateQueries({ queryKey: keys.workspace(workspaceId) })
      return event.type === 'revoked' ? 'end' : 'continue'
    },
    onConnection: (state) => publish({ type: 'stream', state }),
    isTemporary: (error) => !(error instanceof ApiError) || error.isTemporary,
    signal,
  }).catch(() => {})
}

const syncHeaders = (lastEventId: string): Record<string, string> => ({
  Accept: 'text/event-stream',
  ...(lastEventId ? { 'Last-Event-ID': lastEventId } : {}),
})
