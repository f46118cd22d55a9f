import type { FileInfo, Message } from '@atrium/contract'
import { type KeyboardEvent, useState } from 'react'
import { Button } from '../../../ui/index.ts'
import type { Draft } from '../data/use-actions.ts'
import { plainText } from '../runs/answer-parts.ts'
import { useThread } from './thread-context.ts'

/** Changes a message. Both ways out make another version beside it; nothing is overwritten. */
export function EditForm({ message }: { message: Message }) {
  const { actions, setEditing, conversationId } = useThread()
  const [text, setText] = useState(() => plainText(message.content))
  const [busy, setBusy] = useState(false)
  const isUser = message.role === 'user'
  const draft: Draft = { text, files: filesOf(message) }
  const isEmpty = text.trim() === '' && draft.files.length === 0
  const finish = async (work: () => Promise<unknown>) => {
    if (isEmpty) return
    setBusy(true)
    const done = await work()
    setBusy(false)
    if (done !== false) setEditing(null)
  }
  const save = () => finish(() => actions.saveEdit(message, draft))
  const rerun = () => finish(() => actions.send(draft, { conversationId, parentId: message.parentId }))
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return
    if (event.key === 'Escape') {
      event.stopPropagation()
      setEditing(null)
    }
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) void (isUser ? rerun() : save())
  }
  return (
    <div className="flex flex-col gap-2">
      <textarea
        ref={focusAtEnd}
        aria-label={isUser ? 'Edit message' : 'Edit answer'}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-[60dvh] min-h-20 w-full resize-none rounded-10 border border-line-strong bg-raised px-4 py-2.5 text-prose outline-none focus:border-accent"
      />
      <div className="flex flex-wrap gap-2">
        {isUser && (
          <Button variant="primary" size="sm" busy={busy} disabled={isEmpty} onClick={() => void rerun()}>
            Save and rerun
          </Button>
        )}
        <Button size="sm" busy={busy} disabled={isEmpty} onClick={() => void save()}>
          Save
        </Button>
        <Button size="sm" variant="quiet" onClick={() => setEditing(null)}>
          Cancel
        </Button>
        <p className="self-center text-13 text-muted max-sm:hidden">
          Saves a new version and keeps the old one.
        </p>
      </div>
    </div>
  )
}

function focusAtEnd(field: HTMLTextAreaElement | null): void {
  field?.focus()
  field?.setSelectionRange(field.value.length, field.value.length)
}

/** Enough of each file to send and show it again. */
const filesOf = ({ content, createdAt }: Message): FileInfo[] =>
  content.flatMap((part) =>
    part.type === 'file'
      ? [
          {
            id: part.fileId,
            name: part.name,
            mediaType: part.mediaType,
            kind: part.mediaType.startsWith('image/') ? ('image' as const) : ('text' as const),
            sizeBytes: part.sizeBytes,
            createdAt,
          },
        ]
      : [],
  )
