/** A conversation, or the beginning of one. */
export function ChatScreen({ conversationId }: { conversationId: string | null }) {
  return <p className="m-auto text-muted">{conversationId ?? 'New chat'}</p>
}
