import {
  type ReactNode,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { lazyPart } from '../../../routes/lazy-part.tsx'
import { Button, cx, ErrorState, Spinner } from '../../../ui/index.ts'
import { PlainTurns } from './PlainTurns.tsx'
import type { TurnItem } from './turn-item.ts'
import { useFollowEnd } from './use-follow-end.ts'

/** Without the code for it every row is mounted, which is slower and no less right. */
const VirtualTurns = lazyPart(async () => (await import('./VirtualTurns.tsx')).VirtualTurns, {
  Failed: PlainTurns,
})

/** Above this many rows only those in view are mounted; the browser's own find needs ours then. */
export const VIRTUAL_ABOVE = 200
const LOAD_WITHIN_PX = 800

export interface ThreadHandle {
  toEnd: () => void
  /** Brings a row into view; false when it is not loaded. */
  show: (key: string) => boolean
}

interface Older {
  load: () => void
  loading: boolean
  error: Error | null
  hasOlder: boolean
}

interface ThreadProps {
  items: readonly TurnItem[]
  older: Older
  handle: React.Ref<ThreadHandle>
  /** Row to point out, such as a search hit. */
  markedKey: string | null
  /** Under the last row, inside the scroller: the composer. */
  footer: ReactNode
}

/** The messages of the path, oldest first. Give it the conversation's id as its key. */
export function Thread({ items, older, handle, markedKey, footer }: ThreadProps) {
  const scroller = useRef<HTMLDivElement>(null)
  // The virtual list must know its scroller when it is first drawn, earlier than a ref can tell.
  const [box, setBox] = useState<HTMLDivElement | null>(null)
  const content = useRef<HTMLDivElement>(null)
  const list = useRef<{ scrollTo: (index: number) => void }>(null)
  const { away, toEnd, release } = useFollowEnd(scroller, content)
  const isVirtual = items.length > VIRTUAL_ABOVE
  useLoadOlder(scroller, older, items[0]?.key)
  useImperativeHandle(handle, () => ({
    toEnd,
    show: (key) => {
      const index = items.findIndex((item) => item.key === key)
      if (index === -1) return false
      release()
      list.current?.scrollTo(index)
      return true
    },
  }))
  const attach = useCallback((element: HTMLDivElement | null) => {
    scroller.current = element
    setBox(element)
  }, [])
  const turns = { items, handle: list, markedKey }
  return (
    <div
      ref={attach}
      className="relative min-h-0 flex-1 overflow-y-auto [scrollbar-gutter:stable]"
      data-thread
    >
      <div className="mx-auto flex min-h-full max-w-[46rem] flex-col px-4">
        <div ref={content} className="flex-1 pt-4 pb-6">
          <OlderState {...older} />
          {isVirtual ? box && <VirtualTurns {...turns} scroller={box} /> : <PlainTurns {...turns} />}
        </div>
        <div className="sticky bottom-0 bg-paper pb-[max(12px,env(safe-area-inset-bottom))]">
          <Button
            size="sm"
            icon="arrowDown"
            tabIndex={away ? 0 : -1}
            aria-hidden={!away}
            onClick={toEnd}
            className={cx(
              'absolute -top-10 left-1/2 -translate-x-1/2 rounded-full shadow-overlay transition-opacity',
              !away && 'pointer-events-none opacity-0',
            )}
          >
            Jump to latest
          </Button>
          {footer}
        </div>
      </div>
    </div>
  )
}

function OlderState({ loading, error, hasOlder, load }: Older) {
  if (error) return <ErrorState title="Older messages could not be read." error={error} onRetry={load} />
  if (loading) {
    return (
      <output className="flex items-center justify-center gap-2 py-2 text-13 text-muted">
        <Spinner /> Reading older messages
      </output>
    )
  }
  if (!hasOlder) return null
  return (
    <Button size="sm" variant="quiet" className="mx-auto flex" onClick={load}>
      Load older messages
    </Button>
  )
}

/** Reads older pages near the top, and keeps what is being read in its place when they arrive. */
function useLoadOlder(
  scroller: React.RefObject<HTMLElement | null>,
  { load, loading, error, hasOlder }: Older,
  firstKey: string | undefined,
): void {
  const seen = useRef({ key: firstKey, height: 0, top: 0 })
  useEffect(() => {
    const box = scroller.current
    if (!box) return undefined
    const check = () => {
      Object.assign(seen.current, { height: box.scrollHeight, top: box.scrollTop })
      const isNear = box.scrollTop < LOAD_WITHIN_PX && box.scrollHeight > box.clientHeight
      if (isNear && hasOlder && !loading && !error) load()
    }
    box.addEventListener('scroll', check, { passive: true })
    return () => box.removeEventListener('scroll', check)
  }, [scroller, load, loading, error, hasOlder])
  useLayoutEffect(() => {
    const box = scroller.current
    const { key, height, top } = seen.current
    seen.current.key = firstKey
    if (!box || key === firstKey || height === 0) return
    const grown = box.scrollHeight - height
    // Where the browser has anchored the view already, nothing is left to do.
    if (grown > 0 && Math.abs(box.scrollTop - top) < 2) box.scrollBy({ top: grown })
  }, [scroller, firstKey])
}
