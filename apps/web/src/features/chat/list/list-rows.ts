import type { Conversation } from '@atrium/contract'

export type ListRow =
  | { readonly kind: 'heading'; readonly key: string; readonly label: string }
  | { readonly kind: 'conversation'; readonly key: string; readonly conversation: Conversation }

/** Conversations in the order given, with a heading before each group. */
export function listRows(conversations: readonly Conversation[], now: Date): ListRow[] {
  const rows: ListRow[] = []
  let group = ''
  for (const conversation of conversations) {
    const label = conversation.pinned ? 'Pinned' : groupOf(new Date(conversation.updatedAt), now)
    if (label !== group) rows.push({ kind: 'heading', key: `heading ${label}`, label })
    group = label
    rows.push({ kind: 'conversation', key: conversation.id, conversation })
  }
  return rows
}

/** By calendar days of this place, not by hours. */
export function groupOf(date: Date, now: Date): string {
  const days = dayNumber(now) - dayNumber(date)
  if (days <= 0) return 'Today'
  if (days === 1) return 'Yesterday'
  return days <= 7 ? 'Previous 7 days' : 'Older'
}

/** Counts days so that a change to summer time does not move midnight. */
const dayNumber = (date: Date): number =>
  Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000)
