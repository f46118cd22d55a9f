import type { Conversation } from '@atrium/contract'
import type { ReactNode } from 'react'
import { FailedDialog } from '../../../routes/FailedPart.tsx'
import { lazyPart } from '../../../routes/lazy-part.tsx'
import { ConfirmDialog } from '../../../ui/index.ts'
import type { Path } from '../data/path.ts'
import { useDeleteConversations } from '../list/use-delete.ts'
import type { useDialogs } from './use-dialogs.ts'

const dialog = { Failed: FailedDialog }
const PromptDialog = lazyPart(async () => (await import('../dialogs/PromptDialog.tsx')).PromptDialog, dialog)
const DetailsDialog = lazyPart(
  async () => (await import('../dialogs/DetailsDialog.tsx')).DetailsDialog,
  dialog,
)
const BranchMap = lazyPart(async () => (await import('../dialogs/BranchMap.tsx')).BranchMap, dialog)
const RenameDialog = lazyPart(async () => (await import('../dialogs/RenameDialog.tsx')).RenameDialog, dialog)

interface ConversationDialogsProps {
  conversation: Conversation
  path: Path
  dialogs: ReturnType<typeof useDialogs>
}

/** The dialogs of a conversation; each is read when it is first opened. */
export function ConversationDialogs({ conversation, path, dialogs }: ConversationDialogsProps): ReactNode {
  const { dialog: opened, close } = dialogs
  const remove = useDeleteConversations()
  if (!opened) return null
  switch (opened.name) {
    case 'prompt':
      return <PromptDialog message={opened.message} onClose={close} />
    case 'details':
      return <DetailsDialog message={opened.message} onClose={close} />
    case 'branches':
      return <BranchMap path={path} onClose={close} />
    case 'rename':
      return <RenameDialog conversation={conversation} onClose={close} />
    case 'delete':
      return (
        <ConfirmDialog
          open
          danger
          title="Delete this conversation?"
          confirmLabel="Delete"
          onClose={close}
          onConfirm={() => remove([conversation])}
        >
          <p>It leaves your list now and can be brought back for 30 days.</p>
        </ConfirmDialog>
      )
    default:
      return opened satisfies never
  }
}
