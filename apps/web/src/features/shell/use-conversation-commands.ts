import type { SearchHit } from '@atrium/contract'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { useGo } from '../../routes/links.tsx'
import { plainFragment } from '../chat/search/plain.ts'
import type { Command } from './commands.tsx'

const typingMs = 150
const most = 6
const section = 'Conversations'

/** Conversations that contain the query, to be opened, and the way to all of them. */
export function useConversationCommands(query: string): Command[] {
  const workspaceId = useSession().workspace.id
  const go = useGo()
  const text = useSettled(query.trim())
  const { data } = useQuery({
    queryKey: [...keys.search(workspaceId, text), 'palette'],
    queryFn: ({ signal }) =>
      call('search', { params: { workspaceId }, query: { q: text, limit: String(2 * most) } }, { signal }),
    enabled: text !== '',
    placeholderData: keepPreviousData,
    retry: false,
  })
  return useMemo(() => {
    if (text === '') return []
    const all: Command = {
      id: 'search-all',
      title: `Search all messages for “${text}”`,
      section,
      icon: 'search',
      run: () => go(paths.search(text)),
    }
    return [...firstHits(data?.data ?? []).map((hit) => commandOf(hit, go)), all]
  }, [text, data, go])
}

/** The best hit of each conversation. */
function firstHits(hits: readonly SearchHit[]): SearchHit[] {
  const byConversation = Map.groupBy(hits, ({ conversation }) => conversation.id)
  return [...byConversation.values()].flatMap(([first]) => first ?? []).slice(0, most)
}

function commandOf({ conversation, messageId, snippet }: SearchHit, go: (path: string) => void): Command {
  const { id, title } = conversation
  return {
    id: `conversation-${id}`,
    title: title || 'Untitled',
    // The marks around a match are for the search screen.
    hint: plainFragment(snippet).replaceAll(/[\uE000\uE001]/g, ''),
    section,
    icon: 'chat',
    run: () => go(messageId ? paths.message(id, messageId) : paths.conversation(id)),
  }
}

/** A text once it has stopped changing. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), typingMs)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}
