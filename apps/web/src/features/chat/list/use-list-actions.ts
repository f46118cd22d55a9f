import type { Conversation } from '@atrium/contract'
import { useCallback, useMemo } from 'react'
import { messageOf } from '../../../api/error.ts'
import { readPart } from '../../../routes/lazy-part.tsx'
import { useToast } from '../../../ui/index.ts'
import { useUpdateConversation } from '../composer/use-settings.ts'
import { useChatServices } from '../data/chat-services.ts'
import { conversationQuery } from '../data/use-conversation.ts'
import type { ListItemActions } from './ListItem.tsx'
import { useArchiveConversations } from './use-archive.ts'
import { useDeleteConversations } from './use-delete.ts'

/** What the list can do, to one conversation and to several. */
export function useListActions(toggle: (conversation: Conversation) => void) {
  const services = useChatServices()
  const update = useUpdateConversation()
  const archiveAll = useArchiveConversations()
  const removeAll = useDeleteConversations()
  const toast = useToast()
  const actions = useMemo<ListItemActions>(
    () => ({
      toggle,
      rename: ({ id }, title) => void update(id, { title }),
      pin: ({ id, pinned }) => void update(id, { pinned: !pinned }),
      archive: (conversation) => void archiveAll([conversation], !conversation.archived),
      remove: (conversation) => void removeAll([conversation]),
      prefetch: ({ id }) => void services.client.prefetchQuery(conversationQuery(services, id)),
    }),
    [services, update, archiveAll, removeAll, toggle],
  )
  const exportAll = useCallback(async () => {
    try {
      const { exportAll: run } = await readPart(() => import('../data/download.ts'))
      await run(services.workspaceId)
    } catch (error) {
      toast({ message: messageOf(error), tone: 'danger' })
    }
  }, [services.workspaceId, toast])
  return { actions, archiveAll, removeAll, exportAll }
}
