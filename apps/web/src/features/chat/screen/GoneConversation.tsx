import { useEffect } from 'react'
import { paths } from '../../../paths.ts'
import { AppLink } from '../../../routes/links.tsx'
import { buttonClass, EmptyState } from '../../../ui/index.ts'
import { useChatServices } from '../data/chat-services.ts'

/** The address of a conversation that is not there, or not this person's. */
export function GoneConversation({ conversationId }: { conversationId: string }) {
  const { device } = useChatServices()
  useEffect(() => void device.dropPath(conversationId), [device, conversationId])
  return (
    <div className="m-auto w-full max-w-110 px-4">
      <EmptyState
        icon="chat"
        title="Conversation not found"
        action={
          <AppLink to={paths.home()} className={buttonClass()}>
            Start a new chat
          </AppLink>
        }
      >
        It was deleted, or it belongs to someone else.
      </EmptyState>
    </div>
  )
}
