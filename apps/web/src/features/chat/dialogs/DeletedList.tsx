import type { Conversation } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { call } from '../../../api/client.ts'
import { keys, paged } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { useAction } from '../../../api/use-action.ts'
import { Button, EmptyState, ErrorState, SkeletonRows } from '../../../ui/index.ts'
import { titleOf } from '../list/title.ts'

/** What was deleted in the last 30 days, each with a way back. In the place of the list of conversations. */
export function DeletedList() {
  const { workspace } = useSession()
  const query = useInfiniteQuery(
    paged([...keys.conversations(workspace.id), { deleted: true }], ({ cursor }, signal) =>
      call(
        'listConversations',
        {
          params: { workspaceId: workspace.id },
          query: { ...(cursor ? { cursor } : {}), limit: 50, deleted: 'true' },
        },
        { signal },
      ),
    ),
  )
  const { data, error, hasNextPage, isFetchingNextPage } = query
  return (
    <div className="flex flex-col gap-1 px-3 pb-2">
      {!data && error && (
        <ErrorState
          title="The deleted conversations could not be read."
          error={error}
          onRetry={() => void query.refetch()}
        />
      )}
      {!data && !error && <SkeletonRows rows={4} label="Reading deleted conversations" />}
      {data?.length === 0 && (
        <EmptyState title="Nothing is deleted">
          Deleted conversations stay here for 30 days. After that they are gone for good.
        </EmptyState>
      )}
      {data && data.length > 0 && <Rows conversations={data} />}
      {hasNextPage && (
        <Button size="sm" busy={isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show more
        </Button>
      )}
    </div>
  )
}

function Rows({ conversations }: { conversations: readonly Conversation[] }) {
  const { workspace, can } = useSession()
  const restore = useAction(
    ({ id }: Conversation) =>
      call('restoreConversation', { params: { workspaceId: workspace.id, conversationId: id } }),
    [keys.conversations(workspace.id)],
  )
  return (
    <>
      <p className="px-1 text-12 text-muted">Kept for 30 days after they were deleted.</p>
      {restore.error && <ErrorState title="It could not be restored." error={restore.error} />}
      <ul aria-label="Deleted conversations">
        {conversations.map((one) => (
          <li key={one.id} className="flex min-h-9 items-center gap-2 pl-1">
            <span className="min-w-0 flex-1 truncate text-muted" title={titleOf(one)}>
              {titleOf(one)}
            </span>
            {can('conversation:write') && (
              <Button
                size="sm"
                variant="quiet"
                aria-label={`Restore ${titleOf(one)}`}
                busy={restore.input?.id === one.id}
                onClick={() => void restore.run(one)}
              >
                Restore
              </Button>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}
