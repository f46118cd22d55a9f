import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DraftMessage, DraftTree } from './draft.ts'
import { connect, currentOf, dropEmpty, foldAnswers } from './tree.ts'

const message = (
  sourceId: string,
  parentId: string | null,
  role: 'user' | 'assistant',
  text: string,
): DraftMessage => ({
  sourceId,
  parentId,
  role,
  model: null,
  createdAt: null,
  facts: null,
  content: text ? [{ type: 'text', text }] : [],
})

const links = (tree: DraftTree): Record<string, string | null> =>
  Object.fromEntries(tree.messages.map((one) => [one.sourceId, one.parentId]))

const anyTree = fc.array(
  fc.record({ sourceId: fc.nat(15).map(String), parentId: fc.option(fc.nat(20).map(String)) }),
  { maxLength: 30 },
)

test('whatever the links say, the result is a forest with parents first and nothing lost', () => {
  fc.assert(
    fc.property(anyTree, (nodes) => {
      const ordered = connect(nodes)
      expect(ordered).toHaveLength(nodes.length)
      const seen = new Set<string>()
      for (const node of ordered) {
        if (node.parentId !== null) expect(seen).toContain(node.parentId)
        expect(seen).not.toContain(node.sourceId)
        seen.add(node.sourceId)
      }
    }),
    { numRuns: 1000 },
  )
})

test('links that are sound stay as they are', () => {
  const nodes = [
    { sourceId: 'c', parentId: 'b' },
    { sourceId: 'b', parentId: 'a' },
    { sourceId: 'a', parentId: null },
  ]
  expect(connect(nodes)).toEqual(nodes.toReversed())
})

test('a circle and an unknown parent are cut', () => {
  const nodes = [
    { sourceId: 'a', parentId: 'c' },
    { sourceId: 'b', parentId: 'a' },
    { sourceId: 'c', parentId: 'b' },
    { sourceId: 'd', parentId: '?' },
  ]
  expect(
    connect(nodes)
      .filter((one) => one.parentId === null)
      .map((one) => one.sourceId),
  ).toEqual(['b', 'd'])
})

test('a chain of 100,000 is ordered at once, in either direction', () => {
  const chain = Array.from({ length: 100_000 }, (_, index) => ({
    sourceId: `${index}`,
    parentId: index === 0 ? null : `${index - 1}`,
  }))
  expect(connect(chain)).toEqual(chain)
  expect(connect(chain.toReversed())).toEqual(chain)
})

test('children of an empty message move to the nearest ancestor that stays', () => {
  const tree = {
    currentId: 'gone',
    messages: [
      message('top', null, 'user', ''),
      message('a', 'top', 'user', 'x'),
      message('gone', 'a', 'assistant', ''),
      message('b', 'gone', 'user', 'y'),
    ],
  }
  const kept = dropEmpty(tree)
  expect(links(kept)).toEqual({ a: null, b: 'a' })
  expect(kept.currentId).toBe('a')
})

test('the steps of an answer become one message, branches stay', () => {
  const tree = {
    currentId: 's2',
    messages: [
      message('q', null, 'user', 'q'),
      message('s1', 'q', 'assistant', 'one'),
      message('s2', 's1', 'assistant', 'two'),
      message('q2', 's2', 'user', 'q2'),
      message('f1', 'q2', 'assistant', 'x'),
      message('f2', 'f1', 'assistant', 'y'),
      message('f3', 'f1', 'assistant', 'z'),
    ],
  }
  const folded = foldAnswers(tree)
  expect(links(folded)).toEqual({ q: null, s1: 'q', q2: 's1', f1: 'q2', f2: 'f1', f3: 'f1' })
  expect(folded.currentId).toBe('s1')
  expect(folded.messages[1]?.content).toEqual([{ type: 'text', text: 'one\n\ntwo' }])
})

const at = (id: string, ms: number): DraftMessage => ({
  ...message(id, null, 'user', 'x'),
  createdAt: new Date(ms),
})

test('without a current message the newest one is it', () => {
  expect(currentOf({ currentId: '?', messages: [at('a', 1), at('b', 3), at('c', 2)] })).toBe('b')
  expect(currentOf({ currentId: null, messages: [] })).toBeNull()
})
