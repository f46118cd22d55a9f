import type { Conversation, OpenConversation, Run } from '@atrium/contract'
import { QueryClient } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { keys } from '../../api/queries.ts'
import type { ListData } from '../chat/list/list-cache.ts'
import { UnreadStore } from '../chat/list/unread.ts'
import { applySync } from './apply-sync.ts'

const conversation = (version: number, title: string): Conversation => ({
  id: 'c',
  title,
  titleSource: 'model',
  model: null,
  style: 'normal',
  settings: { thinking: false },
  pinned: false,
  archived: false,
  running: false,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  version,
})

function setUp(openId: string | null = null) {
  const client = new QueryClient()
  const unread = new UnreadStore('w')
  let revoked = false
  const key = keys.conversation('w', 'c')
  const path: OpenConversation = {
    conversation: conversation(2, 'Old'),
    leafId: null,
    messages: [],
    olderCursor: null,
    runs: [],
  }
  client.setQueryData(key, path)
  const list: ListData = {
    pages: [{ data: [conversation(2, 'Old')], meta: { hasMore: false, nextCursor: null } }],
    pageParams: [null],
  }
  const listKey = [...keys.conversations('w'), { archived: false }]
  client.setQueryData(listKey, list)
  const target = {
    client,
    workspaceId: 'w',
    unread,
    openId: () => openId,
    onRevoked: () => {
      revoked = true
    },
  }
  return {
    target,
    unread,
    isRevoked: () => revoked,
    isStale: () => client.getQueryState(key)?.isInvalidated,
    knowRun: (id: string) => {
      const run: Run = {
        id,
        conversationId: 'c',
        assistantMessageId: 'a',
        parentId: null,
        status: 'queued',
        model: 'm',
        lastSequence: 1,
        traceId: 't',
        createdAt: '2026-01-01T00:00:00Z',
        endedAt: null,
      }
      client.setQueryData(key, { ...path, runs: [run] })
    },
    path: () => client.getQueryData<OpenConversation>(key),
    titles: () => client.getQueryData<ListData>(listKey)?.pages[0]?.data.map(({ title }) => title),
  }
}

describe('applySync', () => {
  it('shows a new title in the list and in the open conversation', () => {
    const { target, path, titles } = setUp()
    applySync(target, { type: 'conversation_changed', conversation: conversation(3, 'New') })
    expect(path()?.conversation.title).toBe('New')
    expect(titles()).toEqual(['New'])
  })

  it('does not go back to an older version of the open conversation', () => {
    const { target, path } = setUp()
    applySync(target, { type: 'conversation_changed', conversation: conversation(1, 'Older') })
    expect(path()?.conversation.title).toBe('Old')
  })

  it('reads a conversation again that has new messages, though its title has changed since', () => {
    const { target, isStale } = setUp('other')
    applySync(target, { type: 'messages_changed', conversationId: 'c', leafId: null })
    applySync(target, { type: 'conversation_changed', conversation: conversation(3, 'New') })
    expect(isStale()).toBe(true)
  })

  it('takes a deleted conversation off the list', () => {
    const { target, titles } = setUp()
    applySync(target, { type: 'conversation_deleted', conversationId: 'c' })
    expect(titles()).toEqual([])
  })

  it('marks a conversation whose answer arrived while another was open', () => {
    const { target, unread } = setUp('other')
    applySync(target, {
      type: 'run_changed',
      conversationId: 'c',
      runId: 'r',
      assistantMessageId: 'a',
      status: 'completed',
    })
    expect([...unread.ids()]).toEqual(['c'])
  })

  it('reads the path again when a run begins that this tab does not know', () => {
    const { target, isStale, unread } = setUp('c')
    applySync(target, {
      type: 'run_changed',
      conversationId: 'c',
      runId: 'r',
      assistantMessageId: 'a',
      status: 'running',
    })
    expect(isStale()).toBe(true)
    expect(unread.ids().size).toBe(0)
  })

  it('reads the path again when a run ends that this tab knows and does not follow', () => {
    const { target, isStale, knowRun } = setUp('c')
    knowRun('r')
    applySync(target, {
      type: 'run_changed',
      conversationId: 'c',
      runId: 'r',
      assistantMessageId: 'a',
      status: 'stopped',
    })
    expect(isStale()).toBe(true)
  })

  it('says that the session was revoked', () => {
    const { target, isRevoked } = setUp()
    applySync(target, { type: 'revoked' })
    expect(isRevoked()).toBe(true)
  })
})
