import { type ClipboardEvent, type MouseEvent, type ReactNode, useRef } from 'react'
import { AttachmentChip } from '../../files/AttachmentChip.tsx'
import type { Attachments } from '../../files/use-attachments.ts'
import { useDropZone } from '../../files/use-drop-zone.ts'
import { cx, IconButton } from '../../../ui/index.ts'
import { ComposerToolbar } from './ComposerToolbar.tsx'
import { SuggestionList } from './SuggestionList.tsx'
import { type ComposerOptions, useComposer } from './use-composer.ts'

interface ComposerProps extends ComposerOptions {
  meter?: ReactNode
}

/** Where a message is written. Give it the conversation's id as its key. */
export function Composer({ meter, ...options }: ComposerProps) {
  const { workspaceId, settings, onStop, readOnly } = options
  const field = useRef<HTMLTextAreaElement>(null)
  const { text, change, setCaret, onKeyDown, list, choose, attachments, canSend, send } = useComposer(
    options,
    field,
  )
  const { dragging, dropProps } = useDropZone(attachments.add)
  return (
    <div className="relative" {...dropProps}>
      {list && (
        <SuggestionList {...list} label={list.kind === 'command' ? 'Commands' : 'Models'} onChoose={choose} />
      )}
      <div
        className={cx(
          'rounded-10 border bg-raised transition-colors focus-within:border-accent',
          dragging ? 'border-dashed border-accent' : 'border-line-strong/60',
        )}
      >
        <AttachmentRow workspaceId={workspaceId} attachments={attachments} />
        {settings.chosenModel?.capabilities.images === false &&
          attachments.items.some(({ isImage, error }) => isImage && !error) && (
            <output className="block px-3.5 pt-2 text-13 text-muted">
              {settings.chosenModel.name} is not known to see pictures. It may ignore or refuse them.
            </output>
          )}
        <textarea
          ref={field}
          aria-label="Message"
          aria-haspopup="listbox"
          aria-controls={list?.id}
          aria-activedescendant={list ? `${list.id}-${list.active}` : undefined}
          aria-autocomplete="list"
          rows={1}
          value={text}
          readOnly={readOnly}
          placeholder={readOnly ? 'You can read this workspace, but not write in it.' : 'Write a message'}
          onChange={({ target }) => change(target.value, target.selectionStart)}
          onSelect={({ currentTarget }) => setCaret(currentTarget.selectionStart)}
          onKeyDown={onKeyDown}
          onPaste={(event) => pasteFiles(event, attachments)}
          className="block field-sizing-content max-h-[40dvh] min-h-11 w-full resize-none bg-transparent px-3.5 pt-2.5 pb-1 text-16 outline-none"
        />
        <ComposerToolbar settings={settings} onFiles={attachments.add} readOnly={readOnly}>
          {meter}
          <SendOrStop onStop={onStop} canSend={canSend} send={send} />
        </ComposerToolbar>
      </div>
    </div>
  )
}

interface SendOrStopProps {
  onStop: (() => void) | null
  canSend: boolean
  send: () => void
}

/** Stop while an answer streams and nothing is written; what is written meanwhile queues behind it. */
function SendOrStop({ onStop, canSend, send }: SendOrStopProps) {
  if (onStop && !canSend) {
    // Stop takes the place of Send: the second half of a double click must not stop what the first has sent.
    const stop = (event: MouseEvent) => {
      if (event.detail < 2) onStop()
    }
    return <IconButton icon="stop" label="Stop" shortcut="escape" variant="primary" onClick={stop} />
  }
  const label = onStop ? 'Send after this answer' : 'Send'
  return <IconButton icon="send" label={label} variant="primary" disabled={!canSend} onClick={send} />
}

function AttachmentRow({ workspaceId, attachments }: { workspaceId: string; attachments: Attachments }) {
  if (attachments.items.length === 0) return null
  return (
    <ul aria-label="Files of this message" className="flex flex-wrap gap-2 px-3 pt-3">
      {attachments.items.map((item) => (
        <AttachmentChip
          key={item.key}
          workspaceId={workspaceId}
          attachment={item}
          onRemove={() => attachments.remove(item.key)}
        />
      ))}
    </ul>
  )
}

function pasteFiles(event: ClipboardEvent, attachments: Attachments): void {
  const { files } = event.clipboardData
  if (files.length === 0) return
  event.preventDefault()
  attachments.add(files)
}
