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
  const forked = [node('c', 'b', 2), node('a', null), node('d', 'a', 1), node('b', 'a', 0), node('e', 'd', 3)]
  const shape = (here: string[]) =>
    treeRows(forked, new Set(here)).map((row) => [row.node.id, row.depth, row.version, row.versions])

  it('keeps the branch that is being read at the edge, below the versions beside it', () => {
    expect(shape(['a', 'b', 'c'])).toEqual([
      ['a', 0, 1, 1],
      ['d', 1, 2, 2],
      ['e', 1, 1, 1],
      ['b', 0, 1, 2],
      ['c', 0, 1, 1],
    ])
  })

  it('goes through the newest version where nothing is being read', () => {
    expect(shape([])).toEqual([
      ['a', 0, 1, 1],
      ['b', 1, 1, 2],
      ['c', 1, 1, 1],
      ['d', 0, 2, 2],
      ['e', 0, 1, 1],
    ])
  })

  it('stays at the edge however often an answer was retried', () => {
    const chain = Array.from({ length: 20 }, (_, level) => [
      node(`m${level}`, level ? `m${level - 1}` : null, 2 * level + 1),
      node(`x${level}`, level ? `m${level - 1}` : null, 2 * level),
    ]).flat()
    expect(Math.max(...treeRows(chain, new Set()).map(({ depth }) => depth))).toBe(1)
  })

  it('draws a chain of 10,000 messages', () => {
    const nodes = Array.from({ length: 10_000 }, (_, index) =>
      node(String(index), index ? String(index - 1) : null),
    )
    expect(treeRows(nodes, new Set())).toHaveLength(10_000)
  })
})
