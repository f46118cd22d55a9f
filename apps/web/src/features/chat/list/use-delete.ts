import type { Conversation } from '@atrium/contract'
import { useLocation } from '@tanstack/react-router'
import { useCallback } from 'react'
import { call } from '../../../api/client.ts'
import { messageOf } from '../../../api/error.ts'
import { keys } from '../../../api/queries.ts'
import { paths } from '../../../paths.ts'
import { useGo } from '../../../routes/links.tsx'
import { useToast } from '../../../ui/index.ts'
import { useChatServices } from '../data/chat-services.ts'
import { dropConversations, type ListData } from './list-cache.ts'

/** Deletes conversations: gone from the list at once, with a way back in the toast. */
export function useDeleteConversations(): (conversations: readonly Conversation[]) => Promise<void> {
  const { client, workspaceId, device } = useChatServices()
  const toast = useToast()
  const go = useGo()
  const pathname = useLocation({ select: (location) => location.pathname })
  return useCallback(
    async (conversations) => {
      const ids = new Set(conversations.map(({ id }) => id))
      const queryKey = keys.conversations(workspaceId)
      await client.cancelQueries({ queryKey })
      client.setQueriesData<ListData>({ queryKey }, (list) => list && dropConversations(list, ids))
      if ([...ids].some((id) => pathname === paths.conversation(id))) go(paths.home())
      const each = async (operation: 'deleteConversation' | 'restoreConversation') => {
        try {
          for (const conversationId of ids) await call(operation, { params: { workspaceId, conversationId } })
        } catch (error) {
          toast({ message: messageOf(error), tone: 'danger' })
        }
        await client.invalidateQueries({ queryKey })
      }
      await each('deleteConversation')
      for (const id of ids) {
        client.removeQueries({ queryKey: keys.conversation(workspaceId, id) })
        void device.dropPath(id)
      }
      const what = ids.size === 1 ? 'Conversation deleted.' : `${ids.size} conversations deleted.`
      toast({ message: what, action: { label: 'Undo', run: () => void each('restoreConversation') } })
    },
    [client, workspaceId, device, toast, go, pathname],
  )
}
