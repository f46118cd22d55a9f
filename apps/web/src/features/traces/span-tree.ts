import type { SpanSummary } from '@atrium/contract'
import { microsOf, type TimeWindow } from './time-scale.ts'

/** A span in its place in the tree. */
export interface SpanNode {
  span: SpanSummary
  startUs: number
  endUs: number
  /** 0 for those at the top. */
  depth: number
  /** Its place in the list of nodes, or -1 at the top. */
  parent: number
  children: number
  /** Spans beneath it on all levels: they follow it in the list. */
  below: number
  /** How many of those have failed. */
  failedBelow: number
  /**
   * `orphan`: its parent is not there. `loop`: its parents lead back to itself, so that it stands at the top although it
   * names one.
   */
  place: 'root' | 'child' | 'orphan' | 'loop'
}

/**
 * The spans of a trace depth first, brothers by the time of their start. Every span appears exactly once, whatever its
 * parent is said to be.
 */
export function treeOf(spans: readonly SpanSummary[]): SpanNode[] {
  const byId = new Map(spans.map((span) => [span.id, nodeOf(span)]))
  const children = new Map<string, SpanNode[]>()
  const tops: SpanNode[] = []
  for (const node of byId.values()) {
    const { parentId } = node.span
    if (parentId === null) tops.push(node)
    else if (!byId.has(parentId)) tops.push({ ...node, place: 'orphan' })
    else {
      const siblings = children.get(parentId)
      if (siblings) siblings.push(node)
      else children.set(parentId, [node])
    }
  }
  for (const siblings of children.values()) siblings.sort(byStart)
  const list: SpanNode[] = []
  const placed = new Set<string>()
  for (const top of tops.toSorted(byStart)) place(top, children, list, placed)
  // What no top leads to goes in circles: the earliest of each circle begins it.
  if (placed.size < byId.size) {
    for (const node of [...byId.values()].toSorted(byStart)) {
      if (!placed.has(node.span.id)) place({ ...node, place: 'loop' }, children, list, placed)
    }
  }
  return counted(list)
}

const nodeOf = (span: SpanSummary): SpanNode => {
  const startUs = microsOf(span.startedAt)
  const endUs = startUs + span.durationMs * 1000
  const counts = { depth: 0, parent: -1, children: 0, below: 0, failedBelow: 0 }
  return { span, startUs, endUs, ...counts, place: span.parentId === null ? 'root' : 'child' }
}

const byStart = (a: SpanNode, b: SpanNode): number =>
  a.startUs - b.startUs || b.endUs - a.endUs || (a.span.id < b.span.id ? -1 : 1)

/** Appends a span and everything beneath it. A stack instead of recursion: chains may be thousands long. */
function place(
  top: SpanNode,
  children: ReadonlyMap<string, readonly SpanNode[]>,
  list: SpanNode[],
  placed: Set<string>,
): void {
  const waiting = [top]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (placed.has(node.span.id)) continue
    placed.add(node.span.id)
    const index = list.push(node) - 1
    const under = (children.get(node.span.id) ?? []).filter(({ span }) => !placed.has(span.id))
    for (const child of under.toReversed()) waiting.push({ ...child, depth: node.depth + 1, parent: index })
    node.children = under.length
  }
}

/** Sums from the leaves up: in the list every span stands after its parent. */
function counted(list: SpanNode[]): SpanNode[] {
  for (const node of list.toReversed()) {
    const parent = list[node.parent]
    if (!parent) continue
    parent.below += node.below + 1
    parent.failedBelow += node.failedBelow + (node.span.status === 'error' ? 1 : 0)
  }
  return list
}

/** The places of the nodes that are shown while those with the given ids are folded. */
export function shownPlaces(nodes: readonly SpanNode[], folded: ReadonlySet<string>): number[] {
  const shown: number[] = []
  for (let index = 0; index < nodes.length; index += 1) {
    const node = nodes[index]
    if (!node) break
    shown.push(index)
    if (folded.has(node.span.id)) index += node.below
  }
  return shown
}

/** From the first start to the last end. */
export function windowOf(nodes: readonly SpanNode[]): TimeWindow {
  let fromUs = Infinity
  let toUs = -Infinity
  for (const node of nodes) {
    fromUs = Math.min(fromUs, node.startUs)
    toUs = Math.max(toUs, node.endUs)
  }
  return nodes.length === 0 ? { fromUs: 0, toUs: 0 } : { fromUs, toUs }
}

/** The ids on the way from the top to a span, without itself: what must not be folded for it to be seen. */
export function idsAbove(nodes: readonly SpanNode[], index: number): string[] {
  const ids: string[] = []
  for (let node = nodes[nodes[index]?.parent ?? -1]; node; node = nodes[node.parent]) ids.push(node.span.id)
  return ids
}

/** Where the trouble began: of the failed spans the deepest of the first that failed. Null when none did. */
export function firstFailure(nodes: readonly SpanNode[]): SpanNode | null {
  return nodes.find(({ span, failedBelow }) => span.status === 'error' && failedBelow === 0) ?? null
}

/** The tokens of all spans by kind; null of a kind that none told of. */
export function tokensByKind(nodes: readonly SpanNode[]): SpanSummary['tokens'] {
  const sums: SpanSummary['tokens'] = {
    input: null,
    cacheRead: null,
    cacheWrite: null,
    output: null,
    reasoning: null,
  }
  const names = ['input', 'cacheRead', 'cacheWrite', 'output', 'reasoning'] as const
  for (const { span } of nodes) {
    for (const name of names) {
      const count = span.tokens[name]
      if (count !== null) sums[name] = (sums[name] ?? 0) + count
    }
  }
  return sums
}
