import { useMemo, useRef } from 'react'
import { useSession } from '../../../api/session.tsx'
import { ErrorState, useTitle } from '../../../ui/index.ts'
import { Composer } from '../composer/Composer.tsx'
import { ContextMeter } from '../composer/ContextMeter.tsx'
import { isGone, useConversation, useOlder, useWaiting } from '../data/use-conversation.ts'
import { Thread, type ThreadHandle, VIRTUAL_ABOVE } from '../thread/Thread.tsx'
import { ThreadProvider } from '../thread/thread-context.ts'
import { turnItems } from '../thread/turn-item.ts'
import { ConversationDialogs } from './ConversationDialogs.tsx'
import { ConversationHeader } from './ConversationHeader.tsx'
import { FindBar } from './LazyFindBar.tsx'
import { GoneConversation } from './GoneConversation.tsx'
import { ThreadSkeleton } from './ThreadSkeleton.tsx'
import { TurnAnnouncer } from './TurnAnnouncer.tsx'
import { useChatCommands } from './use-chat-commands.ts'
import { useFocusOnOpening } from './use-composer-focus.ts'
import { useConversationControls } from './use-conversation-controls.ts'
import { useFind } from './use-find.ts'
import { useMarkedMessage } from './use-marked-message.ts'
import { useSlashCommands } from './use-slash-commands.ts'
import type { Path } from '../data/path.ts'

interface ConversationScreenProps {
  conversationId: string
  /** A message to bring into view, such as a search hit. */
  messageId: string | null
  /** It is what the page was loaded with. */
  isFirst: boolean
}

/** One conversation: its header, its turns and the composer. */
export function ConversationScreen({ conversationId, ...place }: ConversationScreenProps) {
  const { data: path, error, refetch } = useConversation(conversationId)
  if (isGone(error)) return <GoneConversation conversationId={conversationId} />
  if (path) return <OpenedConversation path={path} {...place} />
  if (error) {
    return (
      <div className="m-auto w-full max-w-140 px-4">
        <ErrorState
          title="This conversation could not be read."
          error={error}
          onRetry={() => void refetch()}
        />
      </div>
    )
  }
  return <ThreadSkeleton />
}

type OpenedConversationProps = Omit<ConversationScreenProps, 'conversationId'> & { path: Path }

function OpenedConversation({ path, messageId, isFirst }: OpenedConversationProps) {
  const { conversation, messages } = path
  const canWrite = useSession().can('conversation:write')
  useTitle(conversation.title || 'New conversation')
  const thread = useRef<ThreadHandle>(null)
  const controls = useConversationControls(path, thread)
  const { settings, composer, context, dialogs, stop, send, editLast } = controls
  const waiting = useWaiting(conversation.id)
  const items = useMemo(() => turnItems(path, waiting), [path, waiting])
  const older = useOlder(path)
  const marked = useMarkedMessage(path, messageId, thread, older.load)
  const isVirtual = items.length > VIRTUAL_ABOVE
  const find = useFind(isVirtual)
  useFocusOnOpening(composer, isFirst)
  useChatCommands(
    useMemo(
      () => ({
        handle: composer,
        messages: () => messages,
        stop,
        find: find.open,
        openBranches: () => dialogs.open('branches'),
        rename: canWrite ? () => dialogs.open('rename') : undefined,
      }),
      [composer, messages, stop, find.open, dialogs, canWrite],
    ),
  )
  return (
    <ThreadProvider value={context}>
      <ConversationHeader conversation={conversation} dialogs={dialogs} exportAs={controls.exportAs} />
      {find.isOpen && <FindBar state={find} items={items} thread={thread} />}
      <Thread
        items={items}
        older={{ ...older, load: () => void older.load() }}
        handle={thread}
        markedKey={find.marked ?? marked}
        footer={
          <Composer
            workspaceId={context.workspaceId}
            conversationId={conversation.id}
            settings={settings}
            commands={useSlashCommands(settings, controls.slash)}
            onStop={stop}
            onSend={send}
            onEditLast={editLast}
            handle={composer}
            readOnly={!canWrite}
            meter={<ContextMeter messages={messages} model={settings.chosenModel} />}
          />
        }
      />
      <TurnAnnouncer messages={messages} />
      <ConversationDialogs conversation={conversation} path={path} dialogs={dialogs} />
    </ThreadProvider>
  )
}
