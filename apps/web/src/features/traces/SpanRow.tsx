/* oxlint-disable jsx-a11y/prefer-tag-over-role --
   Rows that are drawn only while in view have their places set by hand, which the elements of tables do not allow. */
import { memo } from 'react'
import { formatTokens } from '../../format.ts'
import { cx, Icon } from '../../ui/index.ts'
import { durationText } from './duration.ts'
import { lookOf, type SpanLook, tokensOf } from './span-look.ts'
import type { SpanNode } from './span-tree.ts'
import { placeIn, type TimeWindow } from './time-scale.ts'

export interface SpanRowProps {
  node: SpanNode
  rowIndex: number
  /** Pixels from the top of the list, and the height. */
  start: number
  size: number
  /** The course in time stands under the name. */
  stacked: boolean
  isSmall: boolean
  window: TimeWindow
  isChosen: boolean
  isFolded: boolean
  /** All spans are there: whose parent is missing has none to come. */
  isComplete: boolean
  toggle: (spanId: string) => void
}

/** A step to the right for each level; deep ones share the last. */
const stepPx = 14
const deepest = 12

/** One span: its place in the tree, its bar in time, and how long it took. */
export const SpanRow = memo(function SpanRow(props: SpanRowProps) {
  const { node, rowIndex, start, size, stacked, isChosen, isFolded } = props
  const { span, depth, children } = node
  const look = lookOf(span)
  return (
    <div
      id={`span-${span.id}`}
      role="row"
      aria-level={depth + 1}
      aria-rowindex={rowIndex}
      aria-expanded={children > 0 ? !isFolded : undefined}
      aria-selected={isChosen}
      data-row={span.id}
      style={{ height: size, transform: `translateY(${start}px)` }}
      className={cx(
        'absolute inset-x-0 top-0 grid cursor-pointer items-center border-b border-line/60',
        stacked
          ? 'grid-cols-[minmax(0,1fr)_var(--took)] grid-rows-[1fr_12px]'
          : 'grid-cols-[var(--tree)_minmax(0,1fr)_var(--took)]',
        isChosen
          ? 'bg-accent-soft group-focus-visible/grid:outline-2 group-focus-visible/grid:-outline-offset-2 group-focus-visible/grid:outline-accent'
          : 'hover:bg-hover',
      )}
    >
      <Name {...props} look={look} />
      {stacked ? (
        <>
          <Took node={node} />
          <Bar {...props} look={look} />
        </>
      ) : (
        <>
          <Bar {...props} look={look} />
          <Took node={node} />
        </>
      )}
    </div>
  )
})

type PartProps = SpanRowProps & { look: SpanLook }

function Name({ node, look, isFolded, isComplete, isSmall, toggle }: PartProps) {
  const { span, depth, children, below, failedBelow, place } = node
  const indent = Math.min(depth, deepest) * stepPx
  const tokens = tokensOf(span)
  const subject = span.model ?? span.tool ?? span.agent
  return (
    <div
      role="gridcell"
      className="relative flex h-full min-w-0 items-center gap-1.5 pr-2 pl-4 text-13 md:pl-6"
    >
      <Spine look={look} isBroken={place === 'orphan' || place === 'loop'} />
      <span
        aria-hidden="true"
        className="h-full shrink-0 bg-[repeating-linear-gradient(to_right,transparent_0_9px,var(--color-line)_9px_10px,transparent_10px_14px)]"
        style={{ width: indent }}
      />
      {children > 0 ? (
        <button
          type="button"
          tabIndex={-1}
          aria-label={isFolded ? `Unfold ${below} spans` : 'Fold'}
          onClick={(event) => {
            event.stopPropagation()
            toggle(span.id)
          }}
          className="-mx-0.5 flex size-6 shrink-0 items-center justify-center rounded-4 text-muted hover:bg-pressed hover:text-ink"
        >
          <Icon name="chevronRight" size={12} className={isFolded ? '' : 'rotate-90'} />
        </button>
      ) : (
        <span className="w-5 shrink-0" />
      )}
      <Icon name={look.icon} size={14} className={span.status === 'error' ? 'text-danger' : 'text-muted'} />
      <span className="sr-only">{look.kind}</span>
      <span className={cx('min-w-12 truncate', span.status === 'error' && 'text-danger')} title={span.name}>
        {span.name}
      </span>
      {span.status === 'error' && <span className="sr-only">, failed</span>}
      {place === 'orphan' && isComplete && <Mark>parent not here</Mark>}
      {place === 'loop' && <Mark>its parents go in a circle</Mark>}
      {isFolded && (
        <Mark>{`${below.toLocaleString('en')} more${failedBelow > 0 ? `, ${failedBelow} failed` : ''}`}</Mark>
      )}
      {!isSmall && subject !== null && !span.name.includes(subject) && (
        <span className="min-w-0 shrink-2 truncate text-12 text-muted">{subject}</span>
      )}
      {!isSmall && tokens !== null && (
        <span className="ml-auto shrink-0 text-12 text-muted tabular-nums max-xl:hidden">
          {formatTokens(tokens)} tok
        </span>
      )}
    </div>
  )
}

const Mark = ({ children }: { children: string }) => (
  <span className="shrink-0 rounded-4 border border-line px-1 text-12 text-muted tabular-nums">
    {children}
  </span>
)

/** The line on the left, as on the turns of a chat: its colour is what ran, broken where the tree is. */
const Spine = ({ look, isBroken }: { look: SpanLook; isBroken: boolean }) => (
  <span
    aria-hidden="true"
    className={cx('absolute inset-y-0 left-0 border-l-3', look.spine, isBroken && 'border-dashed')}
  />
)

function Bar({ node, look, window, stacked }: PartProps) {
  const { span, startUs, endUs } = node
  const place = placeIn(window, startUs, endUs)
  const first =
    span.firstTokenMs === null ? null : placeIn(window, startUs, startUs + span.firstTokenMs * 1000)
  return (
    <div
      role="gridcell"
      className={cx('relative h-full', stacked ? 'col-span-2 mx-4' : 'ml-2 border-l border-line/60')}
    >
      {place && (
        <span
          aria-hidden="true"
          className={cx('absolute inset-y-0 my-auto rounded-[2px]', look.bar, stacked ? 'h-1' : 'h-2.5')}
          style={{ left: `min(${place.left}%, calc(100% - 2px))`, width: `${place.width}%`, minWidth: 2 }}
        />
      )}
      {place && first && first.width < place.width && (
        <span
          aria-hidden="true"
          className={cx('absolute inset-y-0 my-auto bg-paper/60', stacked ? 'h-1' : 'h-2.5')}
          style={{ left: `${first.left}%`, width: `${first.width}%` }}
        />
      )}
    </div>
  )
}

const Took = ({ node: { span } }: { node: SpanNode }) => (
  <div role="gridcell" className="truncate pr-3 text-right text-12 text-muted tabular-nums">
    {durationText(span.durationMs)}
  </div>
)
