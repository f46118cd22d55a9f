import type { Conversation } from '@atrium/contract'
import { useState } from 'react'
import { Button, Dialog, TextField } from '../../../ui/index.ts'
import { useUpdateConversation } from '../composer/use-settings.ts'

/** Gives a conversation a title; a person's title is never overwritten. */
export function RenameDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const [title, setTitle] = useState(conversation.title)
  const [busy, setBusy] = useState(false)
  const update = useUpdateConversation()
  const save = async () => {
    if (!title.trim()) return
    setBusy(true)
    const done = await update(conversation.id, { title: title.trim() })
    setBusy(false)
    if (done) onClose()
  }
  return (
    <Dialog
      open
      size="sm"
      title="Rename conversation"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={busy} disabled={!title.trim()} onClick={() => void save()}>
            Rename
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <TextField
          label="Title"
          data-autofocus
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
      </form>
    </Dialog>
  )
}
