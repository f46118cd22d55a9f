/* oxlint-disable jsx-a11y/prefer-tag-over-role --
   Rows that are drawn only while in view have their places set by hand, which the elements of tables do not allow. */
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import type { TraceSummary } from '@atrium/contract'
import { type KeyboardEvent, memo, type MouseEvent, type RefObject, useEffect, useRef } from 'react'
import { cx } from '../../ui/index.ts'
import { useIsNarrow } from '../shell/use-is-narrow.ts'
import { rowOf } from './row-of.ts'
import { cellClasses, gridClass, headers, TraceCard, TraceCells } from './trace-rows.tsx'
import type { Peek } from './use-peek.ts'
import type { TracesView } from './use-traces.ts'

const rowPx = 28
const cardPx = 68
/** More are read when the last row is so near. */
const aheadRows = 30

const elementId = (traceId: string): string => `trace-${traceId}`

/** The list as a grid: only rows in view are drawn, more are read as its end comes near. */
export function TraceGrid({ view, peek }: { view: TracesView; peek: Peek }) {
  const { traces, hasMore, isReadingMore, fresh } = view
  const narrow = useIsNarrow()
  const scroller = useRef<HTMLDivElement>(null)
  const current = traces.findIndex(({ id }) => id === peek.currentId)
  const virtual = useRows(view, scroller, current, narrow)
  const largestMs = Math.max(1, ...traces.map(({ durationMs }) => durationMs))
  const click = (event: MouseEvent) => {
    const id = rowOf(event.target)
    if (id) (narrow ? peek.enter : peek.show)(id)
  }
  return (
    <>
      <div
        ref={scroller}
        role="grid"
        aria-label="Traces"
        aria-rowcount={hasMore ? -1 : traces.length + 1}
        aria-activedescendant={current < 0 ? undefined : elementId(peek.currentId ?? '')}
        tabIndex={0}
        onClick={click}
        onKeyDown={(event) => press(event, view, peek)}
        className="group/grid @container min-h-0 flex-1 overflow-y-auto outline-none focus-visible:shadow-[inset_0_0_0_2px_var(--color-accent)]"
      >
        <Headers narrow={narrow} />
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start, size }) => {
            const trace = traces[index]
            return (
              trace && (
                <Row
                  key={trace.id}
                  isCurrent={index === current}
                  isFresh={fresh.has(trace.id)}
                  {...{ trace, index, start, size, narrow, largestMs }}
                />
              )
            )
          })}
        </div>
      </div>
      <output className="block border-t border-line px-4 py-1 text-12 text-muted tabular-nums md:px-6">
        {isReadingMore
          ? 'Reading more …'
          : `${traces.length.toLocaleString('en')} listed${hasMore ? ', more as you scroll' : ''}`}
      </output>
    </>
  )
}

/** The rows in view, and what is done as they move: the current one comes into view, and the next page is read. */
function useRows(
  view: TracesView,
  scroller: RefObject<HTMLElement | null>,
  current: number,
  narrow: boolean,
) {
  const { traces, hasMore, isReadingMore, readMore, error } = view
  // It returns functions that must not be memoised; the component is drawn anew with each of its changes.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: traces.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? cardPx : rowPx),
    getItemKey: (index) => traces[index]?.id ?? index,
    overscan: 12,
    scrollPaddingStart: narrow ? 0 : rowPx,
    // The row that keys act on stays there for screen readers.
    rangeExtractor: (range) =>
      [...new Set([...defaultRangeExtractor(range), ...(current < 0 ? [] : [current])])].toSorted(
        (a, b) => a - b,
      ),
  })
  useEffect(() => virtual.measure(), [virtual, narrow])
  const currentId = traces[current]?.id
  useEffect(() => {
    if (current >= 0) virtual.scrollToIndex(current, { align: 'auto' })
    // Rows that come in above must not move the list.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [currentId])
  const isNearEnd = (virtual.range?.endIndex ?? 0) >= traces.length - aheadRows
  useEffect(() => {
    if (isNearEnd && hasMore && !isReadingMore && !error) readMore()
    // The function is a new one each time.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [isNearEnd, hasMore, isReadingMore, error])
  return virtual
}

interface RowProps {
  trace: TraceSummary
  index: number
  /** Pixels from the top of the list, and the height. */
  start: number
  size: number
  narrow: boolean
  largestMs: number
  isCurrent: boolean
  /** It has just come in. */
  isFresh: boolean
}

const Row = memo(function Row(props: RowProps) {
  const { trace, index, start, size, narrow, largestMs, isCurrent, isFresh } = props
  const Cells = narrow ? TraceCard : TraceCells
  return (
    <div
      id={elementId(trace.id)}
      data-row={trace.id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isCurrent}
      style={{ height: size, transform: `translateY(${start}px)` }}
      className={cx(
        'absolute inset-x-0 top-0 cursor-pointer border-b border-line',
        !narrow && gridClass,
        isFresh && 'bg-ok-soft',
        isCurrent
          ? 'bg-accent-soft group-focus-visible/grid:outline-2 group-focus-visible/grid:-outline-offset-2 group-focus-visible/grid:outline-accent'
          : 'hover:bg-hover',
      )}
    >
      <Cells trace={trace} largestMs={largestMs} />
    </div>
  )
})

const Headers = ({ narrow }: { narrow: boolean }) => (
  <div role="rowgroup" className={narrow ? 'sr-only' : 'sticky top-0 z-10 bg-paper'}>
    <div
      role="row"
      aria-rowindex={1}
      className={cx('h-7 border-b border-line text-12 font-medium text-muted', !narrow && gridClass)}
    >
      {headers.map(({ id, header, tip }) => (
        <div key={id} role="columnheader" data-tip={tip} className={narrow ? '' : cellClasses[id]}>
          {header}
        </div>
      ))}
    </div>
  </div>
)

const steps: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 20,
  PageUp: -20,
  Home: -Infinity,
  End: Infinity,
}

function press(event: KeyboardEvent, { traces }: TracesView, peek: Peek): void {
  const hasModifier = event.metaKey || event.ctrlKey || event.altKey || event.shiftKey
  if (hasModifier || event.target !== event.currentTarget) return
  const step = steps[event.key]
  const current = peek.currentId ?? traces[0]?.id
  if (step !== undefined) peek.move(step)
  else if (event.key === 'Enter' && current) peek.enter(current)
  else if (event.key === ' ' && current) peek.show(current)
  else return
  event.preventDefault()
}
