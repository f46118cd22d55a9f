import { type Ref, type RefObject, useEffect, useImperativeHandle, useMemo } from 'react'
import { useSession } from '../../../api/session.tsx'
import { type Attachments, useAttachments } from '../../files/use-attachments.ts'
import type { Draft } from '../data/use-actions.ts'
import type { ComposerHandle } from './composer-handle.ts'
import { draftName, readDraft, useSavedDraft } from './draft.ts'
import type { Suggestion } from './suggestions.ts'
import { useComposerText } from './use-composer-text.ts'
import type { ChatSettings } from './use-settings.ts'

export interface ComposerOptions {
  workspaceId: string
  conversationId: string | null
  settings: ChatSettings
  commands: readonly Suggestion[]
  /** Stops the run that streams; null when none does. */
  onStop: (() => void) | null
  onSend: (draft: Draft) => void
  onEditLast: () => void
  handle: Ref<ComposerHandle>
  readOnly: boolean
}

/** The state of one message being written: text, files, suggestions, draft. */
export function useComposer(options: ComposerOptions, field: RefObject<HTMLTextAreaElement | null>) {
  const { workspaceId, conversationId, settings, commands, onStop, onSend, handle, readOnly } = options
  const attachments = useAttachments(workspaceId)
  const name = draftName(useSession().person.id, workspaceId, conversationId)
  const initial = useMemo(() => readDraft(name), [name])
  const files = useMemo(
    () => attachments.items.flatMap(({ file }) => (file ? [file] : [])),
    [attachments.items],
  )
  const models = useModelSuggestions(settings)
  const input = useComposerText({
    field,
    initial: initial.text,
    commands,
    models,
    onSend: () => send(),
    onEditLast: options.onEditLast,
    onEscape: () => {
      onStop?.()
      return onStop !== null
    },
  })
  const { text, change } = input
  const canSend = (text.trim() !== '' || files.length > 0) && !attachments.uploading && !readOnly
  const discard = useSavedDraft(name, { text, files })
  const send = () => {
    if (!canSend) return
    onSend({ text: text.trim(), files })
    change('', 0)
    attachments.clear()
    discard()
  }
  useRestoredFiles(attachments, initial.files)
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
  return { ...input, attachments, canSend, send }
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
