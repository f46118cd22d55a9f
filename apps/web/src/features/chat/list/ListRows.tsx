import type { Conversation } from '@atrium/contract'
import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react'
import { usePreference } from '../../../api/preferences.ts'
import { ListItem, type ListItemActions } from './ListItem.tsx'
import { listRows } from './list-rows.ts'
import { useWindow } from './use-window.ts'

export interface ListState {
  openId: string | null
  unreadIds: ReadonlySet<string>
  selected: ReadonlySet<string> | null
  canWrite: boolean
  actions: ListItemActions
}

interface ListRowsProps {
  conversations: readonly Conversation[]
  state: ListState
  hasMore: boolean
  loadMore: () => void
  loadingMore: boolean
}

const LOAD_WITHIN_ROWS = 15

/** Rows of one height, of which only those in view are mounted; more pages come while scrolling. */
export function ListRows({ conversations, state, hasMore, loadMore, loadingMore }: ListRowsProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useMemo(() => listRows(conversations, new Date()), [conversations])
  const height = useRowHeight()
  const { from, to } = useWindow(scroller, rows.length, height)
  const near = hasMore && !loadingMore && to >= rows.length - LOAD_WITHIN_ROWS
  useEffect(() => {
    if (near) loadMore()
    // oxlint-disable-next-line react/exhaustive-deps -- once for each time that the end comes near
  }, [near])
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto px-2">
      {/* Arrow keys move between the links inside. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul
        aria-label="Conversations"
        className="relative"
        style={{ height: rows.length * height }}
        onKeyDown={moveFocus}
      >
        {rows.slice(from, to).map((row, index) => {
          const transform = `translateY(${(from + index) * height}px)`
          return (
            <li key={row.key} className="absolute inset-x-0 top-0" style={{ height, transform }}>
              {row.kind === 'heading' ? (
                <h3 className="flex h-full items-end px-2 pb-1 text-12 text-muted">{row.label}</h3>
              ) : (
                <ListItem
                  conversation={row.conversation}
                  open={row.key === state.openId}
                  unread={state.unreadIds.has(row.key)}
                  selected={state.selected ? state.selected.has(row.key) : null}
                  canWrite={state.canWrite}
                  actions={state.actions}
                />
              )}
            </li>
          )
        })}
      </ul>
    </div>
  )
}

/** As tall as the density says; fingers need more. */
function useRowHeight(): number {
  const [density] = usePreference('density')
  const isTouch = matchMedia('(pointer: coarse)').matches
  if (isTouch) return 44
  return density === 'compact' ? 28 : 36
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-list-row]')]
  const at = links.findIndex((link) => link === document.activeElement)
  const next = links[at + (event.key === 'ArrowDown' ? 1 : -1)]
  if (at === -1 || !next) return
  event.preventDefault()
  next.focus()
}
