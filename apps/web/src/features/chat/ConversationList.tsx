import { useLocation } from '@tanstack/react-router'
import { useMemo, useState, useSyncExternalStore } from 'react'
import { useSession } from '../../api/session.tsx'
import { FailedDialog } from '../../routes/FailedPart.tsx'
import { lazyPart } from '../../routes/lazy-part.tsx'
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/index.ts'
import { useChatServices } from './data/chat-services.ts'
import { ListHeader, type ListView } from './list/ListHeader.tsx'
import { ListRows, type ListState } from './list/ListRows.tsx'
import { useListActions } from './list/use-list-actions.ts'
import { useConversationList } from './list/use-list.ts'
import { useSelection } from './list/use-selection.ts'

const ImportDialog = lazyPart(async () => (await import('./dialogs/ImportDialog.tsx')).ImportDialog, {
  Failed: FailedDialog,
})

const DeletedList = lazyPart(async () => (await import('./dialogs/DeletedList.tsx')).DeletedList)

/** The person's conversations, in the sidebar. */
export function ConversationList() {
  const { can } = useSession()
  const canWrite = can('conversation:write')
  const [view, setView] = useState<ListView>('active')
  const archived = view === 'archived'
  const [importing, setImporting] = useState(false)
  const query = useConversationList(archived)
  const conversations = query.data
  const selection = useSelection(conversations)
  const { unread } = useChatServices()
  const unreadIds = useSyncExternalStore(unread.subscribe, unread.ids)
  const openId = useLocation({ select: ({ pathname }) => /^\/c\/([^/]+)/.exec(pathname)?.[1] ?? null })
  const { actions, archiveAll, removeAll, exportAll } = useListActions(selection.toggle)
  const state = useMemo(
    () => ({ openId, unreadIds, selected: selection.ids, canWrite, actions }),
    [openId, unreadIds, selection.ids, canWrite, actions],
  )
  return (
    <>
      <ListHeader
        view={view}
        setView={setView}
        selectedCount={selection.ids?.size ?? null}
        setSelecting={selection.setSelecting}
        onArchive={() => void archiveAll(selection.take(), !archived)}
        onDelete={() => void removeAll(selection.take())}
        onImport={() => setImporting(true)}
        onExport={() => void exportAll()}
        canWrite={canWrite}
      />
      {view === 'deleted' ? (
        <DeletedList />
      ) : (
        <OpenableList query={query} state={state} archived={archived} />
      )}
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
    </>
  )
}

interface OpenableListProps {
  query: ReturnType<typeof useConversationList>
  state: ListState
  archived: boolean
}

function OpenableList({ query, state, archived }: OpenableListProps) {
  const conversations = query.data
  return (
    <>
      {conversations && conversations.length > 0 && (
        <ListRows
          conversations={conversations}
          state={state}
          hasMore={query.hasNextPage}
          loadMore={() => void query.fetchNextPage()}
          loadingMore={query.isFetchingNextPage}
        />
      )}
      {conversations?.length === 0 && <Empty archived={archived} />}
      {!conversations && (
        <div className="px-3">
          {query.error ? (
            <ErrorState
              title="The conversations could not be read."
              error={query.error}
              onRetry={() => void query.refetch()}
            />
          ) : (
            <SkeletonRows rows={6} label="Reading conversations" />
          )}
        </div>
      )}
    </>
  )
}

const Empty = ({ archived }: { archived: boolean }) => (
  <div className="px-3 py-1">
    {archived ? (
      <EmptyState title="Nothing is archived">
        Archived conversations leave this list, but search still finds them.
      </EmptyState>
    ) : (
      <EmptyState title="No conversations yet">Your conversations will appear here.</EmptyState>
    )}
  </div>
)
