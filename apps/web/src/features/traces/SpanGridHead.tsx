/* oxlint-disable jsx-a11y/prefer-tag-over-role --
   Rows that are drawn only while in view have their places set by hand, which the elements of tables do not allow. */
import { IconButton } from '../../ui/index.ts'
import { durationText } from './duration.ts'
import type { SpanNode } from './span-tree.ts'
import { placeIn } from './time-scale.ts'
import type { SpanGridState } from './use-span-grid.ts'

interface SpanGridHeadProps {
  state: SpanGridState
  /** Microseconds after the start of the trace. */
  ticks: readonly number[]
  startUs: number
  stacked: boolean
  isSmall: boolean
  chosen: SpanNode | null
  /** There is something to fold. */
  hasBranches: boolean
}

/** The ruler, and what can be done with the tree and the time. */
export function SpanGridHead(props: SpanGridHeadProps) {
  const { state, ticks, startUs, stacked, isSmall, hasBranches } = props
  return (
    <div role="rowgroup" className={stacked ? 'sr-only' : 'sticky top-0 z-10 bg-paper text-12 text-muted'}>
      <div
        role="row"
        aria-rowindex={1}
        className="grid h-7 grid-cols-[var(--tree)_minmax(0,1fr)_var(--took)] items-center border-b border-line"
      >
        <div
          role="columnheader"
          className={stacked ? 'sr-only' : 'flex items-center gap-0.5 pl-4 font-medium md:pl-6'}
        >
          <span className="flex-1">Span</span>
          {!isSmall && hasBranches && (
            <>
              <IconButton icon="chevronRight" size="sm" label="Fold all" onClick={state.foldAll} />
              <IconButton icon="chevronDown" size="sm" label="Unfold all" onClick={state.unfoldAll} />
            </>
          )}
        </div>
        <div role="columnheader" className="relative ml-2 h-full overflow-hidden">
          <span className="sr-only">Course in time</span>
          {ticks.map((tick) => (
            <Tick key={tick} tick={tick} startUs={startUs} state={state} />
          ))}
        </div>
        <div role="columnheader" className="flex items-center justify-end pr-3 font-medium">
          {isSmall || stacked ? <span className="sr-only">Duration</span> : <Zoom {...props} />}
        </div>
      </div>
    </div>
  )
}

function Tick({ tick, startUs, state }: { tick: number; startUs: number; state: SpanGridState }) {
  const place = placeIn(state.window, startUs + tick, startUs + tick)
  if (!place || place.left > 88) return null
  return (
    <span
      aria-hidden="true"
      className="absolute inset-y-0 flex items-center border-l border-line pl-1 whitespace-nowrap tabular-nums"
      style={{ left: `${place.left}%` }}
    >
      {tick === 0 ? '0' : tickText(tick)}
    </span>
  )
}

/** Ticks are round: figures that say nothing are left out. */
const tickText = (tick: number): string =>
  durationText(tick / 1000)
    .replace(/\.0+(?= )/, '')
    .replace(/(\.\d)0(?= )/, '$1')
    .replace(/ (m|h) 00 [sm]$/, ' $1')

function Zoom({ state, chosen }: SpanGridHeadProps) {
  if (state.isFitted) {
    return (
      <IconButton
        icon="search"
        size="sm"
        label="Zoom to the chosen span"
        disabled={chosen === null}
        onClick={() => chosen && state.zoomTo(chosen)}
      />
    )
  }
  return <IconButton icon="swap" size="sm" label="Fit the whole trace" onClick={state.fit} />
}
