import type { OpenConversation, SyncEvent, SyncMessage } from '@atrium/contract'
import type { QueryClient } from '@tanstack/react-query'
import { noteSeen } from '../../api/consistency.ts'
import { keys } from '../../api/queries.ts'
import { patchQuery } from '../../api/query-client.ts'
import { followedRun } from '../chat/data/path.ts'
import { dropConversations, type ListData, placeConversation } from '../chat/list/list-cache.ts'
import type { UnreadStore } from '../chat/list/unread.ts'

export interface SyncTarget {
  client: QueryClient
  workspaceId: string
  unread: UnreadStore
  /** The conversation on the screen of this tab. */
  openId: () => string | null
  /** The session has ended: ask the server who is signed in. */
  onRevoked: () => void
}

const ended = new Set(['completed', 'stopped', 'interrupted', 'failed'])

/** Brings what the server told into the query cache. */
export function applySync(target: SyncTarget, event: SyncMessage): void {
  noteSeen(event.consistencyToken)
  const { client, workspaceId } = target
  const invalidate = (queryKey: readonly unknown[]) => void client.invalidateQueries({ queryKey })
  switch (event.type) {
    case 'ready':
      return
    case 'resync':
      invalidate(keys.workspace(workspaceId))
      return
    case 'conversation_changed':
      changeConversation(target, event.conversation)
      return
    case 'conversation_deleted':
      client.setQueriesData<ListData>(
        { queryKey: keys.conversations(workspaceId) },
        (list) => list && dropConversations(list, new Set([event.conversationId])),
      )
      invalidate([...keys.conversations(workspaceId), { deleted: true }])
      invalidate(keys.conversation(workspaceId, event.conversationId))
      return
    case 'messages_changed':
      invalidate(keys.conversation(workspaceId, event.conversationId))
      return
    case 'run_changed':
      changeRun(target, event)
      return
    case 'models_changed':
      invalidate(keys.models(workspaceId))
      invalidate(keys.connections(workspaceId))
      return
    case 'workspace_changed':
      invalidate(keys.bootstrap)
      invalidate(keys.styles(workspaceId))
      invalidate(keys.members(workspaceId))
      return
    case 'revoked':
      target.onRevoked()
      return
    default:
      event satisfies never
  }
}

function changeConversation(
  { client, workspaceId }: SyncTarget,
  conversation: OpenConversation['conversation'],
): void {
  const queryKey = keys.conversations(workspaceId)
  // A reading that began before this change would undo it: let it begin anew.
  if (client.isFetching({ queryKey }) > 0) void client.invalidateQueries({ queryKey })
  for (const archived of [false, true]) {
    client.setQueryData<ListData>(
      [...keys.conversations(workspaceId), { archived }],
      (list) => list && placeConversation(list, conversation, archived),
    )
  }
  patchQuery<OpenConversation>(client, keys.conversation(workspaceId, conversation.id), (path) =>
    path.conversation.version <= conversation.version ? { ...path, conversation } : path,
  )
}

function changeRun(
  { client, workspaceId, unread, openId }: SyncTarget,
  { conversationId, runId, status }: Extract<SyncEvent, { type: 'run_changed' }>,
): void {
  const key = keys.conversation(workspaceId, conversationId)
  const path = client.getQueryData<OpenConversation>(key)
  const known = path?.runs.some(({ id }) => id === runId) ?? false
  const isEnd = ended.has(status)
  // A tab that follows the run learns its end from the run's own stream.
  if (isEnd ? known && path && followedRun(path)?.runId !== runId : !known)
    void client.invalidateQueries({ queryKey: key })
  if (isEnd && openId() !== conversationId) {
    unread.add(conversationId)
    void client.invalidateQueries({ queryKey: key })
  }
}
