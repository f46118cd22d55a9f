import type { SpanDetail } from '@atrium/contract'
import { paths } from '../../paths.ts'
import { AppLink } from '../../routes/links.tsx'
import { buttonClass, Icon } from '../../ui/index.ts'

/** The way from a span of Atrium's own to the message that it has answered, and to the call with its “why”. */
export function ChatLink({ attributes }: { attributes: SpanDetail['attributes'] }) {
  const told = (name: string): string | null => {
    const value = attributes.find((attribute) => attribute.name === name)?.value
    return typeof value === 'string' ? value : null
  }
  const conversationId = told('atrium.conversation.id')
  const messageId = told('atrium.message.id')
  const callId = told('atrium.call.id')
  if (conversationId === null && callId === null) return null
  return (
    <div className="flex flex-wrap gap-2 pb-3">
      {conversationId !== null && (
        <AppLink
          to={
            messageId === null ? paths.conversation(conversationId) : paths.message(conversationId, messageId)
          }
          className={buttonClass('secondary', 'sm')}
        >
          <Icon name="chat" size={14} />
          Open in the chat
        </AppLink>
      )}
      {callId !== null && (
        <AppLink to={paths.usage({ call: callId })} className={buttonClass('secondary', 'sm')}>
          <Icon name="branch" size={14} />
          Why this model
        </AppLink>
      )}
    </div>
  )
}
