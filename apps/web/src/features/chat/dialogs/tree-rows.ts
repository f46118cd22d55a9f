import type { TreeNode } from '@atrium/contract'

export interface TreeRow {
  readonly node: TreeNode
  /** How many times one has turned off the main line to come here: the indentation. */
  readonly depth: number
  /** Its place among the versions beside it, from 1. */
  readonly version: number
  /** Versions beside this one, itself included. */
  readonly versions: number
}

/**
 * The tree as a list, parents first. The main line stays at the edge: it goes through `here`, the messages that are
 * being read, and through the newest version elsewhere. Other versions are indented and come before it, so that it goes
 * on below them. Works on chains of any length.
 */
export function treeRows(nodes: readonly TreeNode[], here: ReadonlySet<string>): TreeRow[] {
  const known = new Set(nodes.map(({ id }) => id))
  const children = Map.groupBy(nodes, ({ parentId }) => (parentId && known.has(parentId) ? parentId : null))
  for (const group of children.values()) group.sort(byTime)
  const rows: TreeRow[] = []
  const stack: TreeRow[] = []
  const push = (parentId: string | null, depth: number) => {
    const group = children.get(parentId) ?? []
    const main = group.find(({ id }) => here.has(id)) ?? group.at(-1)
    const placed = group.map((node, index): TreeRow => {
      const inner = node === main ? depth : depth + 1
      return { node, depth: inner, version: index + 1, versions: group.length }
    })
    stack.push(...placed.filter(({ node }) => node === main))
    stack.push(...placed.filter(({ node }) => node !== main).toReversed())
  }
  push(null, 0)
  for (let row = stack.pop(); row; row = stack.pop()) {
    rows.push(row)
    push(row.node.id, row.depth)
  }
  return rows
}

function byTime(a: TreeNode, b: TreeNode): number {
  if (a.createdAt === b.createdAt) return a.id < b.id ? -1 : 1
  return a.createdAt < b.createdAt ? -1 : 1
}
