import type { TreeNode } from '@atrium/contract'
import { describe, expect, it } from 'vitest'
import { treeRows } from './tree-rows.ts'

const node = (id: string, parentId: string | null, second = 0): TreeNode => ({
  id,
  parentId,
  role: 'user',
  preview: id,
  model: null,
  createdAt: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
})

describe('treeRows', () => {
  it('indents forks only and orders versions by time', () => {
    const rows = treeRows([
      node('c', 'b', 2),
      node('a', null),
      node('d', 'a', 1),
      node('b', 'a', 0),
      node('e', 'd', 3),
    ])
    expect(rows.map((row) => [row.node.id, row.depth, row.versions])).toEqual([
      ['a', 0, 1],
      ['b', 1, 2],
      ['c', 1, 1],
      ['d', 1, 2],
      ['e', 1, 1],
    ])
  })

  it('draws a chain of 10,000 messages', () => {
    const nodes = Array.from({ length: 10_000 }, (_, index) =>
      node(String(index), index ? String(index - 1) : null),
    )
    expect(treeRows(nodes)).toHaveLength(10_000)
  })
})
