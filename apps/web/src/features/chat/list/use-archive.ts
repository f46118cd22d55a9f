import type { Conversation } from '@atrium/contract'
import { useCallback } from 'react'
import { useToast } from '../../../ui/index.ts'
import { useUpdateConversation } from '../composer/use-settings.ts'

/** Puts conversations into the archive or takes them out, with a way back. */
export function useArchiveConversations(): (
  conversations: readonly Conversation[],
  archived: boolean,
) => Promise<void> {
  const update = useUpdateConversation()
  const toast = useToast()
  return useCallback(
    async (conversations, archived) => {
      const each = async (value: boolean) => {
        for (const { id } of conversations) if (!(await update(id, { archived: value }))) return false
        return true
      }
      if (!(await each(archived))) return
      const what = conversations.length === 1 ? 'Conversation' : `${conversations.length} conversations`
      toast({
        message: archived ? `${what} archived.` : `${what} unarchived.`,
        action: { label: 'Undo', run: () => void each(!archived) },
      })
    },
    [update, toast],
  )
}
