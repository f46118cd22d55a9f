import { useEffect, useSyncExternalStore } from 'react'
import { onAnswer } from '../../api/client.ts'
import { reachability } from '../../api/reachable.ts'
import { useBootstrap } from '../../api/session.tsx'
import { Button, Icon } from '../../ui/index.ts'
import { useIsOnline } from './use-online.ts'

const checkMs = 10_000

/** Says that there is no connection, and that nothing is lost by it. */
export function ConnectionBanner() {
  const online = useIsOnline()
  const { error, refresh } = useBootstrap()
  const lost = useSyncExternalStore(reachability.subscribe, reachability.isLost)
  const unread = online && error !== null
  const unreachable = unread || (online && lost)
  useEffect(() => {
    // A lost stream tries again by itself.
    if (!unread) return undefined
    const check = () => void refresh()
    const timer = setInterval(check, checkMs)
    const unsubscribe = onAnswer(check)
    return () => {
      clearInterval(timer)
      unsubscribe()
    }
  }, [unread, refresh])
  useEffect(() => {
    if (online) return undefined
    return () => void refresh()
  }, [online, refresh])
  return (
    <output>
      {(!online || unreachable) && (
        <span className="flex min-h-8 items-center gap-2 border-b border-warn/30 bg-warn-soft px-4 py-1 text-13">
          <Icon name="offline" size={14} className="text-warn" />
          <span className="min-w-0 flex-1">
            {online
              ? 'Atrium cannot be reached. Trying again… What you write is kept on this device.'
              : 'You are offline. What you write is kept on this device and sent later.'}
          </span>
          {unreachable && (
            <Button size="sm" variant="quiet" onClick={() => void refresh()}>
              Try now
            </Button>
          )}
        </span>
      )}
    </output>
  )
}
