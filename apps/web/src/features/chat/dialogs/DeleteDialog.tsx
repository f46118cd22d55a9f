import type { Conversation } from '@atrium/contract'
import { ConfirmDialog } from '../../../ui/index.ts'
import { titleOf } from '../list/title.ts'
import { useDeleteConversations } from '../list/use-delete.ts'

interface DeleteDialogProps {
  conversation: Conversation
  onClose: () => void
}

/** Asks before a conversation is deleted, and says which one. */
export function DeleteDialog({ conversation, onClose }: DeleteDialogProps) {
  const remove = useDeleteConversations()
  return (
    <ConfirmDialog
      open
      danger
      title={`Delete “${titleOf(conversation)}”?`}
      confirmLabel="Delete"
      onClose={onClose}
      onConfirm={() => remove([conversation])}
    >
      <p>It leaves your list now. You can bring it back for 30 days.</p>
    </ConfirmDialog>
  )
}
