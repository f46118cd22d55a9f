import type { Conversation, OpenConversation } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { call } from '../../../api/client.ts'
import { ApiError } from '../../../api/error.ts'
import { keys } from '../../../api/queries.ts'
import type { OutboxEntry } from '../outbox/outbox.ts'
import { type ChatServices, useChatServices } from './chat-services.ts'
import { mergePath, type Path, prependOlder, withoutEnded } from './path.ts'
import { useFollowRuns } from './use-run.ts'

const SAVE_AFTER_MS = 1500

/** A conversation's loaded path: from the cache, the device or the server, in this order of haste. */
export function useConversation(conversationId: string | null) {
  const services = useChatServices()
  const id = conversationId ?? ''
  const query = useQuery({ ...conversationQuery(services, id), enabled: conversationId !== null })
  useDeviceCopy(services, id, query.data, query.dataUpdatedAt)
  useFollowRuns(query.data)
  return query
}

export function conversationQuery(services: ChatServices, conversationId: string) {
  const { client, workspaceId, outbox, streams } = services
  const queryKey = keys.conversation(workspaceId, conversationId)
  return {
    queryKey,
    staleTime: 20_000,
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<OpenConversation> => {
      const waiting = outbox
        .entries()
        .find((entry) => entry.conversationId === conversationId && entry.create)
      if (waiting) return client.getQueryData<Path>(queryKey) ?? unsentPath(waiting)
      const fresh = await call('openConversation', { params: { workspaceId, conversationId } }, { signal })
      return withoutEnded(mergePath(client.getQueryData<Path>(queryKey), fresh), streams.endOf)
    },
  }
}

/** A conversation that only this device knows so far. */
export function unsentPath(entry: OutboxEntry): Path {
  const now = new Date(entry.createdAtMs).toISOString()
  const conversation: Conversation = {
    id: entry.conversationId,
    title: '',
    titleSource: 'none',
    model: entry.create?.model ?? null,
    style: entry.create?.style ?? 'normal',
    settings: { thinking: entry.create?.thinking ?? false },
    pinned: false,
    archived: false,
    running: false,
    createdAt: now,
    updatedAt: now,
    version: 0,
  }
  return { conversation, leafId: null, messages: [], olderCursor: null, runs: [] }
}

/** Shows the device's copy until the server answers, and keeps that copy fresh. */
function useDeviceCopy(
  services: ChatServices,
  id: string,
  path: Path | undefined,
  updatedAtMs: number,
): void {
  const { client, device, workspaceId } = services
  useEffect(() => {
    const queryKey = keys.conversation(workspaceId, id)
    if (!id || client.getQueryData(queryKey)) return
    const show = (copy: Path | null) => {
      if (copy && !client.getQueryData(queryKey)) client.setQueryData(queryKey, copy, { updatedAt: 1 })
      return copy
    }
    device.readPath(id).then(show, () => null)
  }, [client, device, workspaceId, id])
  useEffect(() => {
    if (!path || updatedAtMs <= 1 || path.conversation.version === 0) return undefined
    const timer = setTimeout(() => void device.savePath(path), SAVE_AFTER_MS)
    return () => clearTimeout(timer)
  }, [device, path, updatedAtMs])
}

/** Reads older pages; `loading` while one is on its way. */
export function useOlder(path: Path | undefined) {
  const { workspaceId, changePath } = useChatServices()
  const [loading, setLoading] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  const busy = useRef(false)
  const cursor = path?.olderCursor ?? null
  const conversationId = path?.conversation.id ?? ''
  const load = useCallback(
    async (limit = 50) => {
      if (!cursor || busy.current) return
      busy.current = true
      setLoading(true)
      setError(null)
      try {
        const params = { workspaceId, conversationId }
        const page = await call('listMessages', { params, query: { cursor, limit } })
        changePath(conversationId, (known) =>
          known.olderCursor === cursor ? prependOlder(known, page) : known,
        )
      } catch (error_) {
        setError(error_ instanceof Error ? error_ : new Error('Older messages could not be read.'))
      } finally {
        busy.current = false
        setLoading(false)
      }
    },
    [cursor, workspaceId, conversationId, changePath],
  )
  return { load, loading, error, hasOlder: cursor !== null }
}

/** Messages of a conversation that the server has not acknowledged. */
export function useWaiting(conversationId: string | null): readonly OutboxEntry[] {
  const { outbox } = useChatServices()
  const all = useSyncExternalStore(outbox.subscribe, outbox.entries)
  return conversationId === null ? [] : all.filter((entry) => entry.conversationId === conversationId)
}

/** There is none, or the address names none: nothing else can be wrong with what is asked. */
export const isGone = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 404 || error.status === 400)
