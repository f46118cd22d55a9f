import type { SpanSummary } from '@atrium/contract'

/** A span with the lines that lead to it. */
export interface TreeLine {
  readonly branch: string
  readonly span: SpanSummary
}

interface Waiting {
  readonly span: SpanSummary
  readonly branch: string
  /** What stands before the branches of its children. */
  readonly indent: string
}

/** Lines of deeper spans lose their left ends. */
const widest = 120

/**
 * Every span once, below its parent and by the time of its start. Spans whose parent is not there, or that are their own
 * ancestors, stand at the left.
 */
export function treeOf(spans: readonly SpanSummary[]): TreeLine[] {
  const known = new Set(spans.map(({ id }) => id))
  const isRoot = ({ parentId }: SpanSummary): boolean => parentId === null || !known.has(parentId)
  const children = Map.groupBy(spans, ({ parentId }) => parentId)
  const lines: TreeLine[] = []
  const drawn = new Set<string>()
  for (const top of [...spans.filter(isRoot), ...spans]) {
    const waiting: Waiting[] = [{ span: top, branch: '', indent: '' }]
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { span, branch, indent } = next
      if (drawn.has(span.id)) continue
      drawn.add(span.id)
      lines.push({ branch, span })
      const below = children.get(span.id) ?? []
      for (const [index, child] of below.toReversed().entries()) {
        const isLast = index === 0
        waiting.push({
          span: child,
          branch: `${indent}${isLast ? '└─ ' : '├─ '}`,
          indent: `${indent}${isLast ? '   ' : '│  '}`.slice(-widest),
        })
      }
    }
  }
  return lines
}
