import type { Conversation, Message } from '@atrium/contract'
import { type RefObject, useCallback, useMemo, useRef, useState } from 'react'
import { messageOf } from '../../../api/error.ts'
import { useSession } from '../../../api/session.tsx'
import { readPart } from '../../../routes/lazy-part.tsx'
import { useToast } from '../../../ui/index.ts'
import type { ComposerHandle } from '../composer/composer-handle.ts'
import { useChatSettings } from '../composer/use-settings.ts'
import { modelDetails } from '../data/model-names.ts'
import { isLive, type Path } from '../data/path.ts'
import { type ChatActions, type Draft, useChatActions } from '../data/use-actions.ts'
import type { ThreadHandle } from '../thread/Thread.tsx'
import type { ThreadContextValue } from '../thread/thread-context.ts'
import { useDialogs } from './use-dialogs.ts'

/** All that the parts of an open conversation share: settings, actions, dialogs and the composer's handle. */
export function useConversationControls(path: Path, thread: RefObject<ThreadHandle | null>) {
  const { conversation, messages } = path
  const settings = useChatSettings(conversation)
  const actions = useChatActions(conversation.id)
  const dialogs = useDialogs()
  const composer = useRef<ComposerHandle>(null)
  const [editingId, setEditing] = useState<string | null>(null)
  const context = useThreadValue({
    conversation,
    writingId: messages.find(({ status }) => status === 'streaming')?.id ?? null,
    settings,
    actions,
    composer,
    dialogs,
    editingId,
    setEditing,
  })
  const exportAs = useExport(context.workspaceId, conversation)
  const slash = useMemo(
    () => ({ conversation, open: dialogs.open, exportAs }),
    [conversation, dialogs.open, exportAs],
  )
  const send = (draft: Draft) => {
    void actions.send(draft, { conversationId: conversation.id })
    // The new turn is drawn after this event.
    requestAnimationFrame(() => thread.current?.toEnd())
  }
  const editLast = () => {
    const last = messages.findLast(({ role }) => role === 'user')
    if (last) setEditing(last.id)
  }
  return {
    settings,
    actions,
    dialogs,
    composer,
    context,
    exportAs,
    slash,
    send,
    editLast,
    stop: useStop(path, actions),
  }
}

interface ThreadValueInput {
  conversation: Conversation
  writingId: string | null
  settings: ReturnType<typeof useChatSettings>
  actions: ChatActions
  composer: RefObject<ComposerHandle | null>
  dialogs: ReturnType<typeof useDialogs>
  editingId: string | null
  setEditing: (messageId: string | null) => void
}

function useThreadValue(input: ThreadValueInput): ThreadContextValue {
  const { conversation, writingId, settings, actions, composer, dialogs, editingId, setEditing } = input
  const { workspace, can } = useSession()
  const canWrite = can('conversation:write')
  const { models } = settings
  const details = useMemo(() => modelDetails(models), [models])
  const { openFor } = dialogs
  const toast = useToast()
  const branch = useCallback(
    async ({ id }: Message) => {
      await actions.moveTo(id)
      composer.current?.focus()
      toast({ message: 'Your next message begins a new branch here.' })
    },
    [actions, composer, toast],
  )
  return useMemo(
    () => ({
      workspaceId: workspace.id,
      conversationId: conversation.id,
      models,
      modelDetails: details,
      canWrite,
      actions,
      writingId,
      editingId,
      setEditing,
      quote: (text: string) => composer.current?.insert(quoted(text)),
      branchFrom: (message: Message) => void branch(message),
      openPrompt: (message: Message) => openFor('prompt', message),
      openDetails: (message: Message) => openFor('details', message),
      takeBack: (draft: Draft) => composer.current?.take(draft),
    }),
    [
      workspace.id,
      conversation.id,
      models,
      details,
      canWrite,
      actions,
      writingId,
      editingId,
      setEditing,
      composer,
      openFor,
      branch,
    ],
  )
}

const quoted = (text: string): string =>
  `${text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')}\n\n`

/** Stops the run that streams (queued ones come after it); its turn says what it has cost. */
function useStop({ runs }: Path, actions: ChatActions): (() => void) | null {
  const live = runs.filter(isLive).toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))[0]
  const runId = live?.id ?? null
  return useMemo(() => (runId ? () => void actions.stop(runId) : null), [runId, actions])
}

/** The exporter is read when it is needed. */
function useExport(workspaceId: string, { id }: Conversation) {
  const toast = useToast()
  return useCallback(
    (format: 'markdown' | 'json') => {
      const run = async () => {
        try {
          const { exportConversation } = await readPart(() => import('../data/download.ts'))
          await exportConversation(workspaceId, id, format)
        } catch (error) {
          toast({ message: messageOf(error), tone: 'danger' })
        }
      }
      void run()
    },
    [workspaceId, id, toast],
  )
}
