import type { Conversation } from '@atrium/contract'
import { lazy, type ReactNode, Suspense } from 'react'
import { ConfirmDialog } from '../../../ui/index.ts'
import type { Path } from '../data/path.ts'
import { useDeleteConversations } from '../list/use-delete.ts'
import type { useDialogs } from './use-dialogs.ts'

const PromptDialog = lazy(() =>
  import('../dialogs/PromptDialog.tsx').then((all) => ({ default: all.PromptDialog })),
)
const DetailsDialog = lazy(() =>
  import('../dialogs/DetailsDialog.tsx').then((all) => ({ default: all.DetailsDialog })),
)
const BranchMap = lazy(() => import('../dialogs/BranchMap.tsx').then((all) => ({ default: all.BranchMap })))
const RenameDialog = lazy(() =>
  import('../dialogs/RenameDialog.tsx').then((all) => ({ default: all.RenameDialog })),
)

interface ConversationDialogsProps {
  conversation: Conversation
  path: Path
  dialogs: ReturnType<typeof useDialogs>
}

/** The dialogs of a conversation; each is read when it is first opened. */
export function ConversationDialogs(props: ConversationDialogsProps) {
  return <Suspense>{props.dialogs.dialog && <Opened {...props} />}</Suspense>
}

function Opened({ conversation, path, dialogs }: ConversationDialogsProps): ReactNode {
  const { dialog, close } = dialogs
  const remove = useDeleteConversations()
  if (!dialog) return null
  switch (dialog.name) {
    case 'prompt':
      return <PromptDialog message={dialog.message} onClose={close} />
    case 'details':
      return <DetailsDialog message={dialog.message} onClose={close} />
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
      return dialog satisfies never
  }
}
