import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'

const NEAR_PX = 64

/**
 * Keeps a growing list at its end for as long as the reader is there, and leaves it alone otherwise.
 * `content` is the element that grows inside `scroller`. Begins at the end.
 */
export function useFollowEnd(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
) {
  const [away, setAway] = useState(false)
  const following = useRef(true)
  const toEnd = useCallback(() => {
    following.current = true
    setAway(false)
    scrollToEnd(scroller.current)
  }, [scroller])

  useLayoutEffect(() => {
    scrollToEnd(scroller.current)
  }, [scroller])
  useEffect(() => {
    const box = scroller.current
    const inner = content.current
    if (!box || !inner) return undefined
    const gap = () => box.scrollHeight - box.clientHeight - box.scrollTop
    const observer = new ResizeObserver(() => {
      // What has become short enough to be seen whole has no end to go to, and nobody has scrolled to say so.
      if (gap() <= 1) following.current = true
      if (following.current) scrollToEnd(box)
      setAway(!following.current && gap() > NEAR_PX)
    })
    observer.observe(inner)
    observer.observe(box)
    let lastTop = box.scrollTop
    const onScroll = () => {
      const isUp = box.scrollTop < lastTop - 1
      lastTop = box.scrollTop
      // Text that grows moves the end away without the reader having moved.
      if (isUp && gap() > NEAR_PX) following.current = false
      else if (gap() <= NEAR_PX) following.current = true
      setAway(!following.current)
    }
    box.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      observer.disconnect()
      box.removeEventListener('scroll', onScroll)
    }
  }, [scroller, content])
  const release = useCallback(() => {
    following.current = false
  }, [])
  return { away, toEnd, release }
}

// Gives nothing back: newer browsers answer `scrollTo` with a promise, which is no effect's clean-up.
function scrollToEnd(box: HTMLElement | null): void {
  box?.scrollTo({ top: box.scrollHeight })
}
