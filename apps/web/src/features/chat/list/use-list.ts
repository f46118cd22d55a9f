import type { Conversation } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { call } from '../../../api/client.ts'
import { keys, paged } from '../../../api/queries.ts'
import { type ChatServices, useChatServices } from '../data/chat-services.ts'
import type { ListData } from './list-cache.ts'

const listKey = (workspaceId: string, archived: boolean) =>
  [...keys.conversations(workspaceId), { archived }] as const

/** Own conversations, page by page; the device's copy stands in until the server answers. */
export function useConversationList(archived: boolean) {
  const services = useChatServices()
  const { workspaceId } = services
  const query = useInfiniteQuery({
    ...paged(listKey(workspaceId, archived), ({ cursor }, signal) =>
      call(
        'listConversations',
        {
          params: { workspaceId },
          query: { ...(cursor ? { cursor } : {}), limit: 50, archived: String(archived) },
        },
        { signal },
      ),
    ),
    staleTime: 30_000,
  })
  useDeviceList(services, archived, query.data, query.dataUpdatedAt)
  return query
}

function useDeviceList(
  { client, device, workspaceId }: ChatServices,
  archived: boolean,
  data: Conversation[] | undefined,
  updatedAtMs: number,
): void {
  useEffect(() => {
    const key = listKey(workspaceId, false)
    if (archived || client.getQueryData(key)) return
    const show = (copy: Conversation[] | null) => {
      if (!copy || client.getQueryData(key)) return
      const list: ListData = {
        pages: [{ data: copy, meta: { nextCursor: null, hasMore: false } }],
        pageParams: [null],
      }
      client.setQueryData(key, list, { updatedAt: 1 })
    }
    device.readList().then(show, () => null)
  }, [client, device, workspaceId, archived])
  useEffect(() => {
    if (archived || !data || updatedAtMs <= 1) return undefined
    const timer = setTimeout(() => void device.saveList(data), 1000)
    return () => clearTimeout(timer)
  }, [device, archived, data, updatedAtMs])
}
