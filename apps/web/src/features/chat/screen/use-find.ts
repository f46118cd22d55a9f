import { useCallback, useEffect, useMemo, useState } from 'react'
import { readFindBar } from './LazyFindBar.tsx'

export interface FindState {
  readonly isOpen: boolean
  /** Key of the turn that the search stands at. */
  readonly marked: string | null
  /** Null where the browser's own find sees every message. */
  readonly open: (() => void) | null
  close: () => void
  mark: (key: string | null) => void
}

/** The find bar of a long conversation, whose messages are not all on the page. */
export function useFind(enabled: boolean): FindState {
  const [isOpen, setOpen] = useState(false)
  const [marked, mark] = useState<string | null>(null)
  const show = useCallback(() => setOpen(true), [])
  useEffect(() => {
    if (enabled) readFindBar()
  }, [enabled])
  return useMemo(() => {
    const close = () => {
      setOpen(false)
      mark(null)
    }
    return { isOpen: isOpen && enabled, marked, open: enabled ? show : null, close, mark }
  }, [isOpen, enabled, marked, show])
}
