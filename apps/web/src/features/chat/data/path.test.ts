import type { Message, Run } from '@atrium/contract'
import { describe, expect, it } from 'vitest'
import { addTurn, endRun, followedRun, mergePath, type Path, prependOlder, withoutEnded } from './path.ts'

const now = '2026-11-21T10:00:00Z'

const message = (id: string, parentId: string | null, role: Message['role'] = 'user'): Message => ({
  id,
  parentId,
  role,
  author: null,
  content: [{ type: 'text', text: id }],
  status: 'complete',
  model: null,
  runId: null,
  usage: null,
  costNanoUsd: null,
  timing: null,
  traceId: null,
  error: null,
  rating: null,
  siblings: { index: 0, count: 1, previousId: null, nextId: null },
  createdAt: now,
})

const chain = (...ids: string[]): Message[] =>
  ids.map((id, index) => message(id, ids[index - 1] ?? null, index % 2 ? 'assistant' : 'user'))

const path = (messages: Message[], olderCursor: string | null = null): Path => ({
  conversation: {
    id: 'c',
    title: '',
    titleSource: 'none',
    model: null,
    style: 'normal',
    settings: { thinking: false },
    pinned: false,
    archived: false,
    running: false,
    createdAt: now,
    updatedAt: now,
    version: 1,
  },
  leafId: messages.at(-1)?.id ?? null,
  messages,
  olderCursor,
  runs: [],
})

const run: Run = {
  id: 'run',
  conversationId: 'c',
  assistantMessageId: 'answer',
  parentId: 'u2',
  status: 'running',
  model: 'atrium/guide',
  lastSequence: 0,
  traceId: 't',
  createdAt: now,
  endedAt: null,
}

const ids = ({ messages }: Path) => messages.map(({ id }) => id)

describe('mergePath', () => {
  const known = path(chain('a', 'b', 'c', 'd'))

  it('keeps a title that was told while an older reading was on its way', () => {
    const titled = { ...known, conversation: { ...known.conversation, title: 'Travel plans', version: 3 } }
    expect(mergePath(titled, known).conversation.title).toBe('Travel plans')
    const renamed = { ...known, conversation: { ...known.conversation, title: 'Rome', version: 4 } }
    expect(mergePath(titled, renamed).conversation.title).toBe('Rome')
  })

  it('keeps older pages in front of a newer reading', () => {
    const merged = mergePath(known, path([message('c', 'b'), message('d', 'c'), message('e', 'd')], 'older'))
    expect(ids(merged)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(merged.olderCursor).toBeNull()
  })

  it('keeps them up to the fork when the branch changed', () => {
    expect(ids(mergePath(known, path([message('c2', 'b'), message('d2', 'c2')], 'older')))).toEqual([
      'a',
      'b',
      'c2',
      'd2',
    ])
  })

  it('starts anew when nothing connects', () => {
    const merged = mergePath(known, path([message('y', 'x')], 'older'))
    expect(ids(merged)).toEqual(['y'])
    expect(merged.olderCursor).toBe('older')
  })
})

describe('addTurn', () => {
  it('appends the message and a streaming answer, once', () => {
    const accepted = { run, userMessage: message('u2', 'b'), branched: false }
    const once = addTurn(path(chain('a', 'b')), accepted, now)
    expect(ids(once)).toEqual(['a', 'b', 'u2', 'answer'])
    expect(once.leafId).toBe('answer')
    expect(addTurn(once, accepted, now)).toBe(once)
  })

  it('puts an edited first message in the place of the old path', () => {
    expect(
      ids(addTurn(path(chain('a', 'b')), { run, userMessage: message('u2', null), branched: false }, now)),
    ).toEqual(['u2', 'answer'])
  })

  it('shows another answer beside the old one', () => {
    const before = path([message('u2', null), message('b', 'u2', 'assistant')])
    const after = addTurn(before, { run, userMessage: null, branched: false }, now)
    expect(ids(after)).toEqual(['u2', 'answer'])
    expect(after.messages[1]?.siblings).toEqual({ index: 1, count: 2, previousId: 'b', nextId: null })
  })

  it('gives way to the stored answer when the run ends', () => {
    const live = addTurn(
      path(chain('a', 'b')),
      { run, userMessage: message('u2', 'b'), branched: false },
      now,
    )
    const ended = endRun(live, 'run', message('answer', 'u2', 'assistant'))
    expect(ended.messages.at(-1)?.status).toBe('complete')
    expect(ended.runs).toEqual([])
  })
})

describe('prependOlder', () => {
  it('puts older messages first and ignores those already there', () => {
    const grown = prependOlder(path([message('c', 'b')], 'x'), {
      data: chain('a', 'b', 'c'),
      olderCursor: null,
    })
    expect(ids(grown)).toEqual(['a', 'b', 'c'])
    expect(grown.olderCursor).toBeNull()
  })
})

describe('a reading of a path with live runs', () => {
  const answering = (id: string, parentId: string): Message => ({
    ...message(id, parentId, 'assistant'),
    status: 'streaming',
    runId: `run-${id}`,
    content: [],
  })
  const queue = path([message('q1', null), answering('a1', 'q1'), message('q2', 'a1'), answering('a2', 'q2')])

  it('is followed where it is written, not where answers wait for their turn', () => {
    expect(followedRun(queue)).toMatchObject({ runId: 'run-a1', assistantMessageId: 'a1' })
    expect(followedRun(path([message('q1', null)]))).toBeNull()
  })

  it('that began before a run ended does not bring it back', () => {
    const stored = { ...message('a1', 'q1', 'assistant'), runId: 'run-a1' }
    const read = withoutEnded(queue, (runId) => (runId === 'run-a1' ? stored : null))
    expect(read.messages[1]).toMatchObject({ status: 'complete', content: stored.content })
    expect(followedRun(read)).toMatchObject({ runId: 'run-a2' })
  })
})
