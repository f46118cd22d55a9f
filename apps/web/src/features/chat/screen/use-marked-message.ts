import { type RefObject, useEffect, useRef, useState } from 'react'
import { useChatActions } from '../data/use-actions.ts'
import type { Path } from '../data/path.ts'
import type { ThreadHandle } from '../thread/Thread.tsx'

const MARKED_MS = 2500
const PAGE = 100

/**
 * Brings a message into view: reads older pages until it is there, then looks on the other branches.
 * Gives the key to point out for a moment.
 */
export function useMarkedMessage(
  path: Path,
  messageId: string | null,
  thread: RefObject<ThreadHandle | null>,
  loadOlder: (limit: number) => Promise<void>,
): string | null {
  const { moveTo } = useChatActions(path.conversation.id)
  const [forgotten, setForgotten] = useState<string | null>(null)
  const state = useRef<{ id: string | null; step: 'look' | 'moved' | 'done' }>({ id: null, step: 'done' })
  useEffect(() => {
    if (state.current.id !== messageId) state.current = { id: messageId, step: messageId ? 'look' : 'done' }
    if (!messageId || state.current.step === 'done') return undefined
    if (thread.current?.show(messageId)) {
      state.current.step = 'done'
      setTimeout(() => setForgotten(messageId), MARKED_MS)
    } else if (path.olderCursor) {
      void loadOlder(PAGE)
    } else if (state.current.step === 'look') {
      state.current.step = 'moved'
      void moveTo(messageId, true)
    }
    return undefined
  }, [path, messageId, thread, loadOlder, moveTo])
  return messageId === forgotten ? null : messageId
}
