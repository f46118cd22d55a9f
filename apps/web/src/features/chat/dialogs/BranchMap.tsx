import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { call } from '../../../api/client.ts'
import { paged } from '../../../api/queries.ts'
import { Button, cx, Dialog, ErrorState, SkeletonRows } from '../../../ui/index.ts'
import type { Path } from '../data/path.ts'
import { plainFragment } from '../search/plain.ts'
import { hueOf } from '../thread/Spine.tsx'
import { useThread } from '../thread/thread-context.ts'
import { type TreeRow, treeRows } from './tree-rows.ts'

const MAX_INDENT = 8

/** Every message of a conversation and how its branches part; choosing one goes there. */
export function BranchMap({ path, onClose }: { path: Path; onClose: () => void }) {
  const { workspaceId, conversationId, actions } = useThread()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    ...paged([workspaceId, 'tree', conversationId], (query, signal) =>
      call('getTree', { params: { workspaceId, conversationId }, query }, { signal }),
    ),
    staleTime: 0,
  })
  const here = useMemo(() => new Set(path.messages.map(({ id }) => id)), [path.messages])
  const rows = useMemo(() => treeRows(data ?? [], here), [data, here])
  const choose = (id: string) => {
    onClose()
    void actions.moveTo(id, true)
  }
  return (
    <Dialog
      open
      size="lg"
      title="Branch map"
      description="The branch you are reading stands at the edge, with coloured lines; other versions are indented. Choose a message to go to its branch."
      onClose={onClose}
    >
      {!data && error && (
        <ErrorState title="The map could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {!data && !error && <SkeletonRows label="Reading the branches" />}
      <ul className="flex flex-col">
        {rows.map((row) => (
          <BranchRow key={row.node.id} row={row} active={here.has(row.node.id)} onChoose={choose} />
        ))}
      </ul>
      {hasNextPage && (
        <Button size="sm" className="mt-3" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </Dialog>
  )
}

interface BranchRowProps {
  row: TreeRow
  active: boolean
  onChoose: (id: string) => void
}

function BranchRow({ row: { node, depth, version, versions }, active, onChoose }: BranchRowProps) {
  const color = node.role === 'user' ? 'border-line-strong' : hueOf(node.model ?? '')
  return (
    <li className="[contain-intrinsic-size:auto_32px] [content-visibility:auto]">
      <button
        type="button"
        aria-current={active || undefined}
        onClick={() => onChoose(node.id)}
        style={{ paddingInlineStart: 8 + Math.min(depth, MAX_INDENT) * 20 }}
        className="touch-target flex min-h-8 w-full items-center gap-2 rounded-6 py-1 pr-2 text-left hover:bg-hover"
      >
        <span className={cx('h-5 border-l-2', active ? color : 'border-line')} aria-hidden="true" />
        <span className="w-16 shrink-0 text-12 text-muted">{node.role === 'user' ? 'You' : 'Answer'}</span>
        <span className={cx('min-w-0 flex-1 truncate', !active && 'text-muted')}>
          {previewOf(node.preview)}
        </span>
        {versions > 1 && (
          <span className="shrink-0 text-12 text-muted">{`version ${version} of ${versions}`}</span>
        )}
      </button>
    </li>
  )
}

/** The first line of a message as it reads, without the signs of Markdown. */
function previewOf(line: string): string {
  if (/^\s*(?:```|~~~)/.test(line)) return 'Code'
  return plainFragment(line) || '(no text)'
}
