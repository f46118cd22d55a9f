import type { SpanSummary } from '@atrium/contract'
import { describe, expect, test } from 'vitest'
import {
  firstFailure,
  idsAbove,
  shownPlaces,
  type SpanNode,
  tokensByKind,
  treeOf,
  windowOf,
} from './span-tree.ts'
import { logShare, microsOf, placeIn, ticksOf } from './time-scale.ts'

function span(
  id: string,
  parentId: string | null,
  startMs = 0,
  more: Partial<SpanSummary> = {},
): SpanSummary {
  const told = { service: null, operation: null, provider: null, model: null, agent: null, tool: null }
  const whom = { session: null, user: null, team: null, project: null, environment: null, version: null }
  return {
    id,
    parentId,
    name: id,
    kind: 'internal',
    status: 'unset',
    startedAt: new Date(Date.parse('2026-11-22T11:00:00Z') + startMs).toISOString(),
    durationMs: 10,
    ...told,
    ...whom,
    errorType: null,
    tokens: { input: null, cacheRead: null, cacheWrite: null, output: null, reasoning: null },
    costNanoUsd: null,
    firstTokenMs: null,
    ...more,
  }
}

/** The tree as text: a dot for each level. */
const drawn = (nodes: readonly SpanNode[]): string[] =>
  nodes.map(
    ({ span, depth, place }) =>
      `${'.'.repeat(depth)}${span.id}${place === 'orphan' || place === 'loop' ? `!${place}` : ''}`,
  )

describe('the tree of a trace', () => {
  test('is built from spans in any order, brothers by their start', () => {
    const spans = [span('d', 'b', 7), span('c', 'a', 9), span('b', 'a', 5), span('a', null, 1)]
    expect(drawn(treeOf(spans))).toEqual(['a', '.b', '..d', '.c'])
    expect(drawn(treeOf(spans.toReversed()))).toEqual(['a', '.b', '..d', '.c'])
  })

  test('counts what is beneath, and the failures among it', () => {
    const spans = [
      span('a', null),
      span('b', 'a', 1),
      span('c', 'b', 2, { status: 'error' }),
      span('d', 'a', 3),
    ]
    const [a, b] = treeOf(spans)
    expect(a).toMatchObject({ children: 2, below: 3, failedBelow: 1 })
    expect(b).toMatchObject({ children: 1, below: 1, failedBelow: 1 })
    expect(firstFailure(treeOf(spans))?.span.id).toBe('c')
  })

  test('shows spans whose parent has not arrived at the top, with what is beneath them', () => {
    const spans = [span('a', null), span('x', 'missing', 5), span('y', 'x', 6)]
    expect(drawn(treeOf(spans))).toEqual(['a', 'x!orphan', '.y'])
  })

  test('shows each span of a circle once', () => {
    expect(drawn(treeOf([span('a', 'c', 3), span('b', 'a', 4), span('c', 'b', 5)]))).toEqual([
      'a!loop',
      '.b',
      '..c',
    ])
    expect(drawn(treeOf([span('a', 'a'), span('b', 'a', 1), span('r', null, 2)]))).toEqual([
      'r',
      'a!loop',
      '.b',
    ])
    const [only] = treeOf([span('a', 'a')])
    expect(only).toMatchObject({ children: 0, below: 0 })
  })

  test('takes a chain of 10,000 spans', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      span(`s${index}`, index === 0 ? null : `s${index - 1}`, index),
    )
    const nodes = treeOf(chain.toReversed())
    expect(nodes.at(-1)).toMatchObject({ depth: 9999, below: 0 })
    expect(nodes[0]?.below).toBe(9999)
    expect(idsAbove(nodes, 3)).toEqual(['s2', 's1', 's0'])
  })

  test('folds what is beneath a span', () => {
    const nodes = treeOf([span('a', null), span('b', 'a', 1), span('c', 'b', 2), span('d', 'a', 3)])
    expect(shownPlaces(nodes, new Set())).toEqual([0, 1, 2, 3])
    expect(shownPlaces(nodes, new Set(['b']))).toEqual([0, 1, 3])
    expect(shownPlaces(nodes, new Set(['a', 'b']))).toEqual([0])
  })

  test('spans the time from the first start to the last end, whoever the parent is', () => {
    const nodes = treeOf([span('a', null, 5), span('b', 'a', 1, { durationMs: 100 })])
    const start = microsOf('2026-11-22T11:00:00Z')
    expect(windowOf(nodes)).toEqual({ fromUs: start + 1000, toUs: start + 101_000 })
  })
})

test('tokens are added up by kind, and what nobody told of stays unknown', () => {
  const tokens = { input: 5, cacheRead: null, cacheWrite: null, output: 2, reasoning: null }
  const nodes = treeOf([span('a', null, 0, { tokens }), span('b', 'a', 1), span('c', 'a', 2, { tokens })])
  expect(tokensByKind(nodes)).toEqual({ ...tokens, input: 10, output: 4 })
})

describe('the scale', () => {
  test('keeps microseconds', () => {
    expect(microsOf('2026-11-22T11:00:00.000001Z') - microsOf('2026-11-22T11:00:00Z')).toBe(1)
    expect(microsOf('2026-11-22T12:00:00.5+01:00')).toBe(microsOf('2026-11-22T11:00:00.500000Z'))
  })

  test('places a bar in a window and cuts it at its edges', () => {
    const window = { fromUs: 100, toUs: 200 }
    expect(placeIn(window, 125, 150)).toEqual({ left: 25, width: 25 })
    expect(placeIn(window, 50, 300)).toEqual({ left: 0, width: 100 })
    expect(placeIn(window, 0, 50)).toBeNull()
    expect(placeIn({ fromUs: 5, toUs: 5 }, 5, 5)).toEqual({ left: 0, width: 0 })
  })

  test('has round ticks, and few of them', () => {
    expect(ticksOf({ fromUs: 1000, toUs: 10_000 }, 1000, 5)).toEqual([0, 2000, 4000, 6000, 8000])
    expect(ticksOf({ fromUs: 3500, toUs: 4500 }, 1000, 4)).toEqual([2500, 3000, 3500])
    expect(ticksOf({ fromUs: 1, toUs: 1 }, 1, 5)).toEqual([])
    const minutes = ticksOf({ fromUs: 0, toUs: 602e6 }, 0, 5).map((us) => us / 60e6)
    expect(minutes).toEqual([0, 5, 10])
    const hours = ticksOf({ fromUs: 0, toUs: 48 * 3600e6 }, 0, 5).map((us) => us / 3600e6)
    expect(hours).toEqual([0, 12, 24, 36, 48])
    const days = ticksOf({ fromUs: 0, toUs: 240 * 3600e6 }, 0, 5).map((us) => us / 3600e6)
    expect(days).toEqual([0, 48, 96, 144, 192, 240])
  })

  test('draws short durations beside long ones', () => {
    expect(logShare(60_000, 60_000)).toBe(1)
    expect(logShare(60, 60_000)).toBeGreaterThan(0.3)
    expect(logShare(0, 0)).toBe(0)
  })
})
