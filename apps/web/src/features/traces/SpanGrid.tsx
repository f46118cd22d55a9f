/* oxlint-disable jsx-a11y/prefer-tag-over-role --
   Rows that are drawn only while in view have their places set by hand, which the elements of tables do not allow. */
import type { TraceSummary } from '@atrium/contract'
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type MouseEvent, type RefObject, useEffect, useMemo, useRef } from 'react'
import { ErrorState, SkeletonRows } from '../../ui/index.ts'
import { useIsNarrow } from '../shell/use-is-narrow.ts'
import { rowOf } from './row-of.ts'
import { SpanGridHead } from './SpanGridHead.tsx'
import { SpanRow } from './SpanRow.tsx'
import { ticksOf } from './time-scale.ts'
import { pressInTree, type SpanGridState, useSpanGrid } from './use-span-grid.ts'
import type { SpansView } from './use-trace.ts'

interface SpanGridProps {
  trace: TraceSummary
  spans: SpansView
  chosenId: string | null
  choose: (spanId: string) => void
  /** Beside a list: without controls. */
  isSmall?: boolean
}

const rowPx = 28
const stackedPx = 44
const mostTicks = 5

/** Where the course of time begins: after the tree, before the durations. */
const columns = (stacked: boolean, small: boolean): CSSProperties & Record<'--tree' | '--took', string> => {
  if (stacked) return { '--tree': '0px', '--took': '4.5rem' }
  return small ? { '--tree': '52%', '--took': '4.25rem' } : { '--tree': '44%', '--took': '5rem' }
}

/** The spans of a trace as a tree beside their course in time, in one list of which only rows in view are drawn. */
export function SpanGrid({ trace, spans, chosenId, choose, isSmall = false }: SpanGridProps) {
  const { nodes, error, retry, isLoaded, isComplete } = spans
  const stacked = useIsNarrow()
  const state = useSpanGrid(nodes, chosenId)
  if (!isLoaded) {
    return (
      <div className="min-w-0 flex-1 px-4 py-2 md:px-6">
        {error ? (
          <ErrorState title="The spans could not be read." error={error} onRetry={retry} />
        ) : (
          <SkeletonRows rows={Math.min(12, trace.spans)} label="Reading the spans" />
        )}
      </div>
    )
  }
  return (
    <div className="flex min-w-0 flex-1 flex-col" style={columns(stacked, isSmall)}>
      {!isComplete && <Progress read={nodes.length} all={trace.spans} />}
      {error && (
        <div className="border-b border-line p-3">
          <ErrorState title="Not all spans could be read." error={error} onRetry={retry} />
        </div>
      )}
      <Rows {...{ trace, spans, chosenId, choose, isSmall, stacked, state }} />
    </div>
  )
}

interface RowsProps extends Required<SpanGridProps> {
  stacked: boolean
  state: SpanGridState
}

function Rows({ trace, spans: { nodes, isComplete }, chosenId, choose, isSmall, stacked, state }: RowsProps) {
  const { shown, folded, window, toggle } = state
  const scroller = useRef<HTMLDivElement>(null)
  const current = useMemo(
    () => shown.findIndex((place) => nodes[place]?.span.id === chosenId),
    [shown, nodes, chosenId],
  )
  const size = stacked ? stackedPx : rowPx
  const virtual = useRows(shown.length, current, chosenId, size, scroller)
  const startUs = nodes[0]?.startUs ?? 0
  const click = (event: MouseEvent) => {
    const id = rowOf(event.target)
    if (id) choose(id)
  }
  return (
    <div
      ref={scroller}
      role="treegrid"
      aria-label={`Spans of ${trace.name}`}
      aria-rowcount={isComplete ? shown.length + 1 : -1}
      aria-activedescendant={current < 0 ? undefined : `span-${chosenId}`}
      tabIndex={0}
      onClick={click}
      onKeyDown={(event) => pressInTree(event, { nodes, current, state, choose, enter: focusPanel })}
      className="group/grid relative min-h-0 flex-1 overflow-y-auto outline-none [contain:strict] focus-visible:shadow-[inset_0_0_0_2px_var(--color-accent)]"
    >
      <SpanGridHead
        {...{ state, startUs, stacked, isSmall }}
        ticks={ticksOf(window, startUs, mostTicks)}
        chosen={nodes[shown[current] ?? -1] ?? null}
        hasBranches={nodes.some(({ children, depth }) => children > 0 && depth > 0)}
      />
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const node = nodes[shown[index] ?? -1]
          return (
            node && (
              <SpanRow
                key={node.span.id}
                rowIndex={index + 2}
                isChosen={index === current}
                isFolded={folded.has(node.span.id)}
                {...{ node, start, size, stacked, isSmall, window, isComplete, toggle }}
              />
            )
          )
        })}
      </div>
    </div>
  )
}

const focusPanel = () => document.querySelector<HTMLElement>('[data-span-panel]')?.focus()

/** The rows in view; the chosen one comes into it when it changes, and stays there for screen readers. */
function useRows(
  count: number,
  current: number,
  chosenId: string | null,
  size: number,
  scroller: RefObject<HTMLElement | null>,
) {
  // It returns functions that must not be memoised; the component is drawn anew with each of its changes.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => size,
    overscan: 16,
    scrollPaddingStart: rowPx,
    rangeExtractor: (range) =>
      [...new Set([...defaultRangeExtractor(range), ...(current < 0 ? [] : [current])])].toSorted(
        (a, b) => a - b,
      ),
  })
  useEffect(() => virtual.measure(), [virtual, size])
  const isThere = current >= 0
  useEffect(() => {
    if (isThere) virtual.scrollToIndex(current, { align: 'auto' })
    // Folding something else must not move the list.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [chosenId, isThere])
  return virtual
}

const Progress = ({ read, all }: { read: number; all: number }) => (
  <output className="flex items-center gap-3 border-b border-line px-4 py-1 text-12 text-muted md:px-6">
    <span className="tabular-nums">
      {read.toLocaleString('en')} of {all.toLocaleString('en')} spans
    </span>
    <span aria-hidden="true" className="h-1 flex-1 bg-pressed">
      <span
        className="block h-full origin-left bg-accent transition-transform"
        style={{ transform: `scaleX(${Math.min(1, read / Math.max(1, all))})` }}
      />
    </span>
  </output>
)
