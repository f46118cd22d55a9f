import { type RefObject, useEffect, useState } from 'react'

/** Rows beyond the visible ones, in both directions. */
const OVERSCAN = 8

/** Which rows of a list of equal heights are to be mounted. */
export function useWindow(scroller: RefObject<HTMLElement | null>, count: number, rowHeight: number) {
  const [view, setView] = useState({ top: 0, height: 900 })
  useEffect(() => {
    const box = scroller.current
    if (!box) return undefined
    // Whole steps of rows only: most scroll events then change nothing.
    const read = () => {
      const step = rowHeight * 4
      const top = Math.floor(box.scrollTop / step) * step
      const height = box.clientHeight + step
      setView((known) => (known.top === top && known.height === height ? known : { top, height }))
    }
    read()
    const observer = new ResizeObserver(read)
    observer.observe(box)
    box.addEventListener('scroll', read, { passive: true })
    return () => {
      observer.disconnect()
      box.removeEventListener('scroll', read)
    }
  }, [scroller, rowHeight])
  return windowOf(view.top, view.height, count, rowHeight)
}

/** First row to mount and the one after the last. */
export function windowOf(
  top: number,
  height: number,
  count: number,
  rowHeight: number,
): { from: number; to: number } {
  const from = Math.max(0, Math.min(count, Math.floor(top / rowHeight)) - OVERSCAN)
  const to = Math.min(count, Math.ceil((top + height) / rowHeight) + OVERSCAN)
  return { from, to: Math.max(from, to) }
}
