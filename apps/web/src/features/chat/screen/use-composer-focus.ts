import { useRouter } from '@tanstack/react-router'
import { type RefObject, useEffect } from 'react'
import type { ComposerHandle } from '../composer/composer-handle.ts'

type Handle = RefObject<ComposerHandle | null>

/** On touch screens the focus would bring up the keyboard over what there is to read. */
const isTouch = (): boolean => matchMedia('(pointer: coarse)').matches

/** A new chat is for writing: when it opens, and when somebody who is there asks for one again. */
export function useFocusAtStart(handle: Handle): void {
  const router = useRouter()
  useEffect(() => {
    if (isTouch()) return undefined
    handle.current?.focus()
    return router.subscribe('onBeforeNavigate', ({ fromLocation, toLocation }) => {
      if (fromLocation?.href === toLocation.href && toLocation.hash === '') handle.current?.focus()
    })
  }, [handle, router])
}

/**
 * What is typed after a conversation was opened goes into its message field. Those who came by the keyboard keep their place
 * in the list, and a page that was only just loaded (`isFirst`) is left at its beginning.
 */
export function useFocusOnOpening(handle: Handle, isFirst: boolean): void {
  useEffect(() => {
    const { activeElement, body } = document
    const isFree = activeElement === body && !isFirst
    const isPointed = activeElement?.matches('[data-list-row]:not(:focus-visible)')
    if ((isFree || isPointed) && !isTouch()) handle.current?.focus()
    // oxlint-disable-next-line react/exhaustive-deps -- once, when it opens
  }, [])
}
