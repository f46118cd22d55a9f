import type { RouteInput, SearchHit, chatRoutes } from '@atrium/contract'
import type { Database, Tx } from '#platform/db'
import { decodeCursor, encodeCursor, type Member } from '#platform/http'
import { z } from 'zod'
import { chatErrors } from './errors.ts'
import { createPlaces } from './places.ts'
import { findMatches, limitSearchTime, readSnippets, type Match, type SearchWord } from './search-views.ts'
import { conversationsById } from './views.ts'

/** Hits are ranked among this many best matches; deeper pages end there. */
const mostMatches = 500

/** Full-text search over titles and messages of one person; the last word also matches as a beginning. */
export function createSearch({ db }: { db: Database }) {
  // Each search takes a connection for a while; nobody shall take all of them.
  const places = createPlaces({
    most: 2,
    mostWaiting: 30,
    waitMs: 1000,
    refusal: chatErrors.tooManySearches,
  })
  return {
    /** @throws AppError 429 while this person's searches take long, 503 when this one does */
    search: async (member: Member, query: RouteInput<(typeof chatRoutes)['search']>['query']) => {
      const [offset] = query.cursor
        ? decodeCursor(query.cursor, z.number().int().min(0).max(mostMatches))
        : [0]
      const words = searchWordsOf(query.q)
      if (words.length === 0) return { data: [], meta: { hasMore: false, nextCursor: null } }
      using _place = await places.take(member.personId)
      // Awaited here, or the place would be free before the end.
      return await db.readWorkspace(member.workspaceId, async (tx) => {
        const limits = { limit: query.limit + 1, offset, most: mostMatches }
        const [, found] = await Promise.all([
          limitSearchTime(tx),
          findMatches(tx, { personId: member.personId, words, ...limits }),
        ])
        const data = await hitsOf(tx, member.personId, found.slice(0, query.limit), words)
        const hasMore = found.length > query.limit
        return { data, meta: { hasMore, nextCursor: hasMore ? encodeCursor([offset + query.limit]) : null } }
      })
    },
  }
}

async function hitsOf(
  tx: Tx,
  personId: string,
  matches: readonly Match[],
  words: readonly SearchWord[],
): Promise<SearchHit[]> {
  if (matches.length === 0) return []
  const ids = matches.map((match) => match.conversationId)
  const [conversations, snippets] = await Promise.all([
    conversationsById(tx, personId, ids),
    readSnippets(tx, matches, words),
  ])
  return matches.flatMap(({ conversationId, messageId, rank }): SearchHit[] => {
    const conversation = conversations.get(conversationId)
    return conversation
      ? [{ conversation, messageId, snippet: snippets.get(conversationId) ?? '', rank }]
      : []
  })
}

function searchWordsOf(query: string): SearchWord[] {
  const words = wordsOf(query)
  return words.map((text, index) => ({ text, isPrefix: index === words.length - 1 && text.length > 2 }))
}

/** The words of a query; what is no letter or digit separates them. */
export const wordsOf = (query: string): string[] =>
  query
    .toLowerCase()
    .match(/[\p{L}\p{N}_]+/gu)
    ?.slice(0, 12) ?? []
