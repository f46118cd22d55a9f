import type { Conversation } from '@atrium/contract'

/** The title, or words for one that has none yet. */
export const titleOf = ({ title }: Pick<Conversation, 'title'>): string => title || 'New conversation'
