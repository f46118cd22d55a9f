import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { NewChat } from './screen/NewChat.tsx'
import { ThreadSkeleton } from './screen/ThreadSkeleton.tsx'
import { readEditForm } from './thread/LazyEditForm.tsx'
import { paths } from '../../paths.ts'
import { lazyPart } from '../../routes/lazy-part.tsx'

const READ_AHEAD_MS = 1500
const screen = () => import('./screen/ConversationScreen.tsx')
const readScreen = (): void => void screen().catch(() => undefined)
const ConversationScreen = lazyPart(async () => (await screen()).ConversationScreen, {
  Waiting: ThreadSkeleton,
})

/** A conversation, or the beginning of one. */
export function ChatScreen({ conversationId }: { conversationId: string | null }) {
  const navigate = useNavigate()
  const { message } = useSearch({ strict: false })
  const opened = useCallback((id: string) => void navigate({ href: paths.conversation(id) }), [navigate])
  const [first] = useState(conversationId)
  const isNew = conversationId === null
  useEffect(() => {
    // The first message should not wait for the screen that shows it, nor a first edit for its form.
    const timer = setTimeout(isNew ? readScreen : readEditForm, READ_AHEAD_MS)
    return () => clearTimeout(timer)
  }, [isNew])
  if (conversationId === null) return <NewChat onCreated={opened} />
  return (
    <ConversationScreen
      key={conversationId}
      conversationId={conversationId}
      messageId={message ?? null}
      isFirst={conversationId === first}
    />
  )
}
