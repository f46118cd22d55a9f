import { lazy, type RefObject, Suspense } from 'react'
import type { ThreadHandle } from '../thread/Thread.tsx'
import type { TurnItem } from '../thread/turn-item.ts'
import type { FindState } from './use-find.ts'

const FindBar = lazy(() => import('./FindBar.tsx').then(({ FindBar }) => ({ default: FindBar })))

interface FindHostProps {
  state: FindState
  items: readonly TurnItem[]
  thread: RefObject<ThreadHandle | null>
}

/** Reads the find bar when it is asked for. */
export function FindHost({ state, items, thread }: FindHostProps) {
  if (!state.isOpen) return null
  return (
    <Suspense>
      <FindBar state={state} items={items} thread={thread} />
    </Suspense>
  )
}
