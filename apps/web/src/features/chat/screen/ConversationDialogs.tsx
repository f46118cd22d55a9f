import type { Conversation } from '@atrium/contract'
import type { ReactNode } from 'react'
import { FailedDialog } from '../../../routes/FailedPart.tsx'
import { lazyPart } from '../../../routes/lazy-part.tsx'
import type { Path } from '../data/path.ts'
import type { useDialogs } from './use-dialogs.ts'

const dialog = { Failed: FailedDialog }
const PromptDialog = lazyPart(async () => (await import('../dialogs/PromptDialog.tsx')).PromptDialog, dialog)
const DetailsDialog = lazyPart(
  async () => (await import('../dialogs/DetailsDialog.tsx')).DetailsDialog,
  dialog,
)
const BranchMap = lazyPart(async () => (await import('../dialogs/BranchMap.tsx')).BranchMap, dialog)
const RenameDialog = lazyPart(async () => (await import('../dialogs/RenameDialog.tsx')).RenameDialog, dialog)
const DeleteDialog = lazyPart(async () => (await import('../dialogs/DeleteDialog.tsx')).DeleteDialog, dialog)

interface ConversationDialogsProps {
  conversation: Conversation
  path: Path
  dialogs: ReturnType<typeof useDialogs>
}

/** The dialogs of a conversation; each is read when it is first opened. */
export function ConversationDialogs({ conversation, path, dialogs }: ConversationDialogsProps): ReactNode {
  const { dialog: opened, close } = dialogs
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
      return <DeleteDialog conversation={conversation} onClose={close} />
    default:
      return opened satisfies never
  }
}
