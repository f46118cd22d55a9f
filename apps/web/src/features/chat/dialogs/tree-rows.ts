import type { TreeNode } from '@atrium/contract'

export interface TreeRow {
  readonly node: TreeNode
  /** How many forks lie above: the indentation. */
  readonly depth: number
  /** Versions beside this one, itself included. */
  readonly versions: number
}

/** The tree as a list, parents first, indented only where it forks. Works on chains of any length. */
export function treeRows(nodes: readonly TreeNode[]): TreeRow[] {
  const known = new Set(nodes.map(({ id }) => id))
  const children = Map.groupBy(nodes, ({ parentId }) => (parentId && known.has(parentId) ? parentId : null))
  for (const group of children.values()) {
    group.sort((a, b) =>
      a.createdAt === b.createdAt ? (a.id < b.id ? -1 : 1) : a.createdAt < b.createdAt ? -1 : 1,
    )
  }
  const rows: TreeRow[] = []
  const stack: TreeRow[] = []
  const push = (parentId: string | null, depth: number) => {
    const group = children.get(parentId) ?? []
    const inner = depth + (group.length > 1 ? 1 : 0)
    for (const node of group.toReversed()) stack.push({ node, depth: inner, versions: group.length })
  }
  push(null, 0)
  for (let row = stack.pop(); row; row = stack.pop()) {
    rows.push(row)
    push(row.node.id, row.depth)
  }
  return rows
}
