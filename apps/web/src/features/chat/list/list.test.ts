import type { Conversation } from '@atrium/contract'
import { describe, expect, it } from 'vitest'
import { dropConversations, type ListData, placeConversation } from './list-cache.ts'
import { groupOf, listRows } from './list-rows.ts'
import { windowOf } from './use-window.ts'

const conversation = (id: string, updatedAt: string, pinned = false): Conversation => ({
  id,
  title: id,
  titleSource: 'none',
  model: null,
  style: 'normal',
  settings: { thinking: false },
  pinned,
  archived: false,
  running: false,
  createdAt: updatedAt,
  updatedAt,
  version: 1,
})

const list = (pages: Conversation[][], hasMore = false): ListData => ({
  pageParams: pages.map(() => null),
  pages: pages.map((data, index) => {
    const more = hasMore || index < pages.length - 1
    return { data, meta: { hasMore: more, nextCursor: more ? 'x' : null } }
  }),
})

const ids = ({ pages }: ListData) => pages.map(({ data }) => data.map(({ id }) => id))

describe('listRows', () => {
  const now = new Date(2026, 10, 21, 9, 0)

  it.each([
    [new Date(2026, 10, 21, 0, 1), 'Today'],
    [new Date(2026, 10, 22, 0, 1), 'Today'],
    [new Date(2026, 10, 20, 23, 59), 'Yesterday'],
    [new Date(2026, 10, 14, 12), 'Previous 7 days'],
    [new Date(2026, 10, 13, 12), 'Older'],
  ])('%s is %s', (date, label) => {
    expect(groupOf(date, now)).toBe(label)
  })

  it('puts a heading before each group', () => {
    const rows = listRows(
      [
        conversation('p', '2020-01-01T00:00:00Z', true),
        conversation('a', now.toISOString()),
        conversation('b', now.toISOString()),
        conversation('o', '2020-01-01T00:00:00Z'),
      ],
      now,
    )
    expect(rows.map((row) => (row.kind === 'heading' ? row.label : row.key))).toEqual([
      'Pinned',
      'p',
      'Today',
      'a',
      'b',
      'Older',
      'o',
    ])
  })
})

describe('windowOf', () => {
  it.each([
    [0, 360, 1000, { from: 0, to: 18 }],
    [3600, 360, 1000, { from: 92, to: 118 }],
    [99_999, 360, 10, { from: 2, to: 10 }],
    [0, 360, 0, { from: 0, to: 0 }],
  ])('at %i px with %i px in view of %i rows', (top, height, count, expected) => {
    expect(windowOf(top, height, count, 36)).toEqual(expected)
  })
})

describe('placeConversation', () => {
  const known = list([
    [conversation('p', '2026-01-01T00:00:00Z', true), conversation('a', '2026-11-03T00:00:00Z')],
    [conversation('b', '2026-11-02T00:00:00Z')],
  ])

  it('moves a conversation with a new message to the top, below the pinned ones', () => {
    expect(ids(placeConversation(known, conversation('b', '2026-11-04T00:00:00Z'), false))).toEqual([
      ['p', 'b', 'a'],
      [],
    ])
  })

  it('puts one that was pinned first', () => {
    expect(
      ids(placeConversation(known, conversation('b', '2026-11-02T00:00:00Z', true), false))[0]?.[0],
    ).toBe('b')
  })

  it('takes archived ones out', () => {
    const archived = { ...conversation('a', '2026-11-03T00:00:00Z'), archived: true }
    expect(ids(placeConversation(known, archived, false))).toEqual([['p'], ['b']])
  })

  it('leaves out what lies beyond the loaded pages', () => {
    const more = list([[conversation('a', '2026-11-03T00:00:00Z')]], true)
    expect(ids(placeConversation(more, conversation('z', '2020-01-01T00:00:00Z'), false))).toEqual([['a']])
  })

  it('drops several at once', () => {
    expect(ids(dropConversations(known, new Set(['p', 'b'])))).toEqual([['a'], []])
  })
})
