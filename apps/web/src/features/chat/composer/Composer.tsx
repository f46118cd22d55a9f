import { type ClipboardEvent, type ReactNode, useEffect, useImperativeHandle, useMemo, useRef } from 'react'
import { AttachmentChip } from '../../files/AttachmentChip.tsx'
import { type Attachments, useAttachments } from '../../files/use-attachments.ts'
import { useDropZone } from '../../files/use-drop-zone.ts'
import { cx, IconButton } from '../../../ui/index.ts'
import type { Draft } from '../data/use-actions.ts'
import type { ComposerHandle } from './composer-handle.ts'
import { ComposerToolbar } from './ComposerToolbar.tsx'
import { readDraft, useSavedDraft, writeDraft } from './draft.ts'
import { SuggestionList } from './SuggestionList.tsx'
import type { Suggestion } from './suggestions.ts'
import { useComposerText } from './use-composer-text.ts'
import type { ChatSettings } from './use-settings.ts'

interface ComposerProps {
  workspaceId: string
  conversationId: string | null
  settings: ChatSettings
  commands: readonly Suggestion[]
  /** A run that can be stopped; its Stop takes the place of Send while nothing is written. */
  onStop: (() => void) | null
  onSend: (draft: Draft) => void
  onEditLast: () => void
  handle: React.Ref<ComposerHandle>
  readOnly: boolean
  meter?: ReactNode
}

/** Where a message is written. Give it the conversation's id as its key. */
export function Composer(props: ComposerProps) {
  const { workspaceId, conversationId, settings, commands, onStop, onSend, handle, readOnly, meter } = props
  const field = useRef<HTMLTextAreaElement>(null)
  const attachments = useAttachments(workspaceId)
  const initial = useMemo(() => readDraft(workspaceId, conversationId), [workspaceId, conversationId])
  const files = attachments.items.flatMap(({ file }) => (file ? [file] : []))
  const send = () => {
    const isEmpty = text.trim() === '' && files.length === 0
    if (isEmpty || attachments.uploading || readOnly) return
    onSend({ text: text.trim(), files })
    change('', 0)
    attachments.clear()
    writeDraft(workspaceId, conversationId, { text: '', files: [] })
  }
  const { text, change, setCaret, onKeyDown, list, choose } = useComposerText({
    field,
    initial: initial.text,
    commands,
    models: useModelSuggestions(settings),
    onSend: send,
    onEditLast: props.onEditLast,
    onEscape: () => {
      onStop?.()
      return onStop !== null
    },
  })
  useRestoredFiles(attachments, initial.files)
  useSavedDraft(workspaceId, conversationId, { text, files })
  const { restore } = attachments
  useImperativeHandle(handle, () => ({
    focus: () => field.current?.focus(),
    insert: (added) => {
      const next = text ? `${text.trimEnd()}\n\n${added}` : added
      change(next, next.length)
      field.current?.focus()
    },
    take: (draft) => {
      change(draft.text, draft.text.length)
      restore(draft.files)
      field.current?.focus()
    },
  }))
  const { dragging, dropProps } = useDropZone(attachments.add)
  const canSend = (text.trim() !== '' || files.length > 0) && !attachments.uploading && !readOnly
  return (
    <div className="relative" {...dropProps}>
      {list && (
        <SuggestionList {...list} label={list.kind === 'command' ? 'Commands' : 'Models'} onChoose={choose} />
      )}
      <div
        className={cx(
          'rounded-10 border bg-raised transition-colors focus-within:border-accent',
          dragging ? 'border-accent border-dashed' : 'border-line-strong/60',
        )}
      >
        <AttachmentRow workspaceId={workspaceId} attachments={attachments} />
        <textarea
          ref={field}
          aria-label="Message"
          aria-expanded={list !== null}
          aria-controls={list?.id}
          aria-activedescendant={list ? `${list.id}-${list.active}` : undefined}
          role="combobox"
          aria-autocomplete="list"
          rows={1}
          value={text}
          readOnly={readOnly}
          placeholder={readOnly ? 'You may read this workspace, not write in it.' : 'Write a message'}
          enterKeyHint="enter"
          onChange={({ target }) => change(target.value, target.selectionStart)}
          onSelect={({ currentTarget }) => setCaret(currentTarget.selectionStart)}
          onKeyDown={onKeyDown}
          onPaste={(event) => pasteFiles(event, attachments)}
          className="block max-h-[40dvh] min-h-11 w-full resize-none field-sizing-content bg-transparent px-3.5 pt-2.5 pb-1 text-16 outline-none"
        />
        <ComposerToolbar settings={settings} onFiles={attachments.add} readOnly={readOnly}>
          {meter}
          {onStop && !canSend ? (
            <IconButton icon="stop" label="Stop" shortcut="escape" variant="primary" onClick={onStop} />
          ) : (
            <IconButton
              icon="send"
              label={onStop ? 'Send after this answer' : 'Send'}
              variant="primary"
              disabled={!canSend}
              onClick={send}
            />
          )}
        </ComposerToolbar>
      </div>
    </div>
  )
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

function useRestoredFiles({ restore }: Attachments, files: Draft['files']): void {
  useEffect(() => {
    if (files.length > 0) restore(files)
  }, [restore, files])
}

function useModelSuggestions({ models, setModel }: ChatSettings): readonly Suggestion[] {
  return useMemo(
    () =>
      models.map(({ id, name, label, connectionName }) => ({
        id,
        title: name,
        hint: label ?? connectionName,
        run: () => setModel(id),
      })),
    [models, setModel],
  )
}

function pasteFiles(event: ClipboardEvent, attachments: Attachments): void {
  const { files } = event.clipboardData
  if (files.length === 0) return
  event.preventDefault()
  attachments.add(files)
}
