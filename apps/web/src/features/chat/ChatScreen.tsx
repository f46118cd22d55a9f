import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import { ConversationScreen } from './screen/ConversationScreen.tsx'
import { NewChat } from './screen/NewChat.tsx'
import { paths } from '../../paths.ts'

/** A conversation, or the beginning of one. */
export function ChatScreen({ conversationId }: { conversationId: string | null }) {
  const navigate = useNavigate()
  const { message } = useSearch({ strict: false })
  const opened = useCallback((id: string) => void navigate({ href: paths.conversation(id) }), [navigate])
  if (conversationId === null) return <NewChat onCreated={opened} />
  return (
    <ConversationScreen key={conversationId} conversationId={conversationId} messageId={message ?? null} />
  )
}
