import { type KeyboardEvent, useEffect, useMemo, useState } from 'react'
import { idsAbove, shownPlaces, type SpanNode, windowOf } from './span-tree.ts'
import type { TimeWindow } from './time-scale.ts'

export interface SpanGridState {
  /** The places of the nodes that are shown. */
  shown: readonly number[]
  folded: ReadonlySet<string>
  toggle: (spanId: string) => void
  foldAll: () => void
  unfoldAll: () => void
  /** The time that fills the box. */
  window: TimeWindow
  /** The whole trace fills the box. */
  isFitted: boolean
  fit: () => void
  /** Lets the time of a span fill the box. */
  zoomTo: (node: SpanNode) => void
}

/** What of a tree is folded, and which time is looked at. */
export function useSpanGrid(nodes: readonly SpanNode[], chosenId: string | null): SpanGridState {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const [zoomed, setZoomed] = useState<TimeWindow | null>(null)
  const whole = useMemo(() => windowOf(nodes), [nodes])
  const shown = useMemo(() => shownPlaces(nodes, folded), [nodes, folded])
  useEffect(() => {
    const index = nodes.findIndex(({ span }) => span.id === chosenId)
    if (index < 0) return
    const above = idsAbove(nodes, index)
    setFolded((now) =>
      above.some((id) => now.has(id)) ? new Set([...now].filter((id) => !above.includes(id))) : now,
    )
    // Who folds the parents of the chosen span wants them folded.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [chosenId])
  return {
    shown,
    folded,
    toggle: (spanId) =>
      setFolded((now) => {
        const next = new Set(now)
        if (!next.delete(spanId)) next.add(spanId)
        return next
      }),
    foldAll: () =>
      setFolded(
        new Set(nodes.filter(({ children, depth }) => children > 0 && depth > 0).map(({ span }) => span.id)),
      ),
    unfoldAll: () => setFolded(new Set()),
    window: zoomed ?? whole,
    isFitted: zoomed === null,
    fit: () => setZoomed(null),
    zoomTo: ({ startUs, endUs }) => {
      const room = Math.max(1, (endUs - startUs) * 0.05)
      setZoomed({ fromUs: startUs - room, toUs: endUs + room })
    },
  }
}

interface Keys {
  nodes: readonly SpanNode[]
  /** The place of the chosen node among those shown, or -1. */
  current: number
  state: SpanGridState
  choose: (spanId: string) => void
  enter: () => void
}

/** The keys of a tree: up and down, right into it and left out of it. */
export function pressInTree(event: KeyboardEvent, { nodes, current, state, choose, enter }: Keys): void {
  if (event.metaKey || event.ctrlKey || event.altKey || event.target !== event.currentTarget) return
  const { shown, folded, toggle } = state
  const node = nodes[shown[current] ?? -1]
  const to = (place: number) => {
    const next = nodes[shown[Math.min(shown.length - 1, Math.max(0, place))] ?? -1]
    if (next) choose(next.span.id)
  }
  const isFolded = node !== undefined && folded.has(node.span.id)
  const keys: Readonly<Record<string, (() => void) | undefined>> = {
    ArrowDown: () => to(current + 1),
    ArrowUp: () => to(current - 1),
    PageDown: () => to(current + 20),
    PageUp: () => to(current - 20),
    Home: () => to(0),
    End: () => to(shown.length - 1),
    ArrowRight: () => {
      if (node && isFolded) toggle(node.span.id)
      else if (node && node.children > 0) to(current + 1)
    },
    ArrowLeft: () => {
      const parent = nodes[node?.parent ?? -1]
      if (node && node.children > 0 && !isFolded) toggle(node.span.id)
      else if (parent) choose(parent.span.id)
    },
    Enter: enter,
  }
  const run = keys[event.key]
  if (!run) return
  event.preventDefault()
  run()
}
