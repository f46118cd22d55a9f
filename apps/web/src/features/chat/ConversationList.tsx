/** The person's conversations, in the sidebar. */
export function ConversationList() {
  return <p className="px-4 py-2 text-13 text-muted">Conversations</p>
}
