import type { Conversation } from '@atrium/contract'
import { useCallback, useState } from 'react'

const NONE: readonly Conversation[] = []

/** Several conversations chosen at once; `ids` is null outside of selecting. */
export function useSelection(conversations: readonly Conversation[] = NONE) {
  const [ids, setIds] = useState<ReadonlySet<string> | null>(null)
  const toggle = useCallback(({ id }: Conversation) => {
    setIds((known) => {
      const next = new Set(known)
      if (!next.delete(id)) next.add(id)
      return next
    })
  }, [])
  const setSelecting = useCallback((selecting: boolean) => setIds(selecting ? new Set() : null), [])
  /** Ends the selection and gives what was chosen. */
  const take = (): Conversation[] => {
    setIds(null)
    return conversations.filter(({ id }) => ids?.has(id) ?? false)
  }
  return { ids, toggle, setSelecting, take }
}
