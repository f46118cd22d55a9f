import type { Conversation } from '@atrium/contract'
import type { InfiniteData } from '@tanstack/react-query'
import type { Page } from '../../../api/page.ts'

export type ListData = InfiniteData<Page<Conversation>, string | null>

/** Pinned first, then newest first; ids settle ties, as in the server's order. */
function isBefore(a: Conversation, b: Conversation): boolean {
  if (a.pinned !== b.pinned) return a.pinned
  if (a.updatedAt !== b.updatedAt) return a.updatedAt > b.updatedAt
  return a.id > b.id
}

/** A changed conversation takes its place in the loaded pages; beyond them it will come with its page. */
export function placeConversation(list: ListData, conversation: Conversation, archived: boolean): ListData {
  const without = dropConversations(list, new Set([conversation.id]))
  if (conversation.archived !== archived) return without
  let placed = false
  const last = without.pages.length - 1
  const pages = without.pages.map((page, index) => {
    if (placed) return page
    const at = page.data.findIndex((each) => isBefore(conversation, each))
    const fits = at >= 0 || (index === last && !page.meta.hasMore)
    if (!fits) return page
    placed = true
    return { ...page, data: page.data.toSpliced(at >= 0 ? at : page.data.length, 0, conversation) }
  })
  return { ...without, pages }
}

export const dropConversations = (list: ListData, ids: ReadonlySet<string>): ListData => ({
  ...list,
  pages: list.pages.map((page) => ({ ...page, data: page.data.filter(({ id }) => !ids.has(id)) })),
})
