import type { Message } from '@atrium/contract'
import type { Path } from '../data/path.ts'
import type { OutboxEntry } from '../outbox/outbox.ts'

/** A row of the thread. The key of an unsent message stays when it becomes a stored one. */
export type TurnItem =
  | { readonly key: string; readonly kind: 'message'; readonly message: Message }
  | { readonly key: string; readonly kind: 'waiting'; readonly entry: OutboxEntry }

/** The path and after it what waits to be sent. A waiting edit shows the path only up to its parent. */
export function turnItems(path: Path, waiting: readonly OutboxEntry[]): TurnItem[] {
  const known = new Set(path.messages.map(({ id }) => id))
  const unsent = waiting.filter(({ id }) => !known.has(id))
  const first = unsent[0]
  const messages = first && 'messageId' in first.parent ? upTo(path, first.parent.messageId) : path.messages
  return [
    ...messages.map((message): TurnItem => ({ key: message.id, kind: 'message', message })),
    ...unsent.map((entry): TurnItem => ({ key: entry.id, kind: 'waiting', entry })),
  ]
}

function upTo({ messages }: Path, messageId: string | null): readonly Message[] {
  if (messageId === null) return []
  const at = messages.findIndex(({ id }) => id === messageId)
  return at === -1 ? messages : messages.slice(0, at + 1)
}
