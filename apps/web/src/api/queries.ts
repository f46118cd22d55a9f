import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Page } from './page.ts'
import { call } from './client.ts'
import { withShownNames } from './model-name.ts'

/** Query keys: `[workspaceId, subject, …]`, so that a whole workspace or one subject can be dropped. */
export const keys = {
  bootstrap: ['bootstrap'] as const,
  sessions: ['sessions'] as const,
  mails: ['mails'] as const,
  invitation: (token: string) => ['invitation', token] as const,
  workspace: (workspaceId: string) => [workspaceId] as const,
  conversations: (workspaceId: string) => [workspaceId, 'conversations'] as const,
  conversation: (workspaceId: string, conversationId: string) =>
    [workspaceId, 'conversation', conversationId] as const,
  searches: (workspaceId: string) => [workspaceId, 'search'] as const,
  search: (workspaceId: string, q: string) => [workspaceId, 'search', q] as const,
  models: (workspaceId: string) => [workspaceId, 'models'] as const,
  connections: (workspaceId: string) => [workspaceId, 'connections'] as const,
  styles: (workspaceId: string) => [workspaceId, 'styles'] as const,
  members: (workspaceId: string) => [workspaceId, 'members'] as const,
  invitations: (workspaceId: string) => [workspaceId, 'invitations'] as const,
  apiKeys: (workspaceId: string) => [workspaceId, 'api-keys'] as const,
  audit: (workspaceId: string) => [workspaceId, 'audit'] as const,
}

const minuteMs = 60_000

/** Options of the queries that more than one screen uses. */
export const queries = {
  bootstrap: () =>
    queryOptions({
      queryKey: keys.bootstrap,
      queryFn: ({ signal }) => call('bootstrap', {}, { signal }),
      staleTime: minuteMs,
    }),
  /** Models that may be chosen; with `all`, hidden ones too. */
  models: (workspaceId: string, all = false) =>
    queryOptions({
      queryKey: [...keys.models(workspaceId), { all }],
      queryFn: ({ signal }) =>
        call('listModels', { params: { workspaceId }, query: all ? { all: 'true' } : {} }, { signal }),
      select: withShownNames,
      staleTime: minuteMs,
    }),
  styles: (workspaceId: string) =>
    queryOptions({
      queryKey: keys.styles(workspaceId),
      queryFn: ({ signal }) => call('listStyles', { params: { workspaceId } }, { signal }),
      select: (reply) => reply.data,
      staleTime: minuteMs,
    }),
  connections: (workspaceId: string) =>
    paged(keys.connections(workspaceId), (query, signal) =>
      call('listConnections', { params: { workspaceId }, query }, { signal }),
    ),
  members: (workspaceId: string) =>
    paged(keys.members(workspaceId), (query, signal) =>
      call('listMembers', { params: { workspaceId }, query }, { signal }),
    ),
  invitations: (workspaceId: string) =>
    paged(keys.invitations(workspaceId), (query, signal) =>
      call('listInvitations', { params: { workspaceId }, query }, { signal }),
    ),
  apiKeys: (workspaceId: string) =>
    paged(keys.apiKeys(workspaceId), (query, signal) =>
      call('listApiKeys', { params: { workspaceId }, query }, { signal }),
    ),
  audit: (workspaceId: string) =>
    paged(keys.audit(workspaceId), (query, signal) =>
      call('listAudit', { params: { workspaceId }, query }, { signal }),
    ),
  mails: () => paged(keys.mails, (query, signal) => call('listMails', { query }, { signal })),
  sessions: () =>
    queryOptions({
      queryKey: keys.sessions,
      queryFn: ({ signal }) => call('listSessions', {}, { signal }),
      select: (reply) => reply.data,
    }),
}

/** A cursor list, read page by page and given as one array. */
export function paged<T>(
  queryKey: readonly unknown[],
  read: (query: { cursor?: string }, signal: AbortSignal) => Promise<Page<T>>,
) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam ? { cursor: pageParam } : {}, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last.meta.hasMore ? last.meta.nextCursor : null),
    select: (reply) => reply.pages.flatMap((page) => page.data),
  })
}
