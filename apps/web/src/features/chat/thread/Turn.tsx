import type { TurnItem } from './turn-item.ts'
import { AssistantTurn } from './AssistantTurn.tsx'
import { UserTurn } from './UserTurn.tsx'
import { WaitingTurn } from './WaitingTurn.tsx'

/** One row of the thread. */
export function Turn({ item, last }: { item: TurnItem; last: boolean }) {
  if (item.kind === 'waiting') return <WaitingTurn entry={item.entry} />
  const { message } = item
  return message.role === 'user' ? (
    <UserTurn message={message} last={last} />
  ) : (
    <AssistantTurn message={message} last={last} />
  )
}
