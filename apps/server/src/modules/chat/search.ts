import type { RouteInput, SearchHit, chatRoutes } from '@atrium/contract'
import type { Database } from '#platform/db'
import { decodeCursor, encodeCursor, type Member } from '#platform/http'
import { z } from 'zod'
import { searchConversations } from './search-views.ts'
import { conversationsById } from './views.ts'

/** Hits are ranked among this many best matches; deeper pages end there. */
const mostMatches = 500

/** Full-text search over titles and messages of one person; the last word also matches as a beginning. */
export function createSearch({ db }: { db: Database }) {
  return {
    search: async (member: Member, query: RouteInput<(typeof chatRoutes)['search']>['query']) => {
      const [offset] = query.cursor
        ? decodeCursor(query.cursor, z.number().int().min(0).max(mostMatches))
        : [0]
      return db.readWorkspace(member.workspaceId, async (tx) => {
        const found = await searchConversations(tx, {
          personId: member.personId,
          words: wordsOf(query.q),
          limit: query.limit + 1,
          offset,
          most: mostMatches,
        })
        const page = found.slice(0, query.limit)
        const conversations = await conversationsById(
          tx,
          member.personId,
          page.map((hit) => hit.conversationId),
        )
        const data = page.flatMap((hit): SearchHit[] => {
          const conversation = conversations.get(hit.conversationId)
          return conversation
            ? [{ conversation, messageId: hit.messageId, snippet: hit.snippet, rank: hit.rank }]
            : []
        })
        const hasMore = found.length > query.limit
        return { data, meta: { hasMore, nextCursor: hasMore ? encodeCursor([offset + query.limit]) : null } }
      })
    },
  }
}

/** The words of a query; what is no letter or digit separates them. */
export const wordsOf = (query: string): string[] =>
  query
    .toLowerCase()
    .match(/[\p{L}\p{N}_]+/gu)
    ?.slice(0, 12) ?? []
