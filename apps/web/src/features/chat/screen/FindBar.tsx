import { type KeyboardEvent, type RefObject, useMemo, useState } from 'react'
import { IconButton } from '../../../ui/index.ts'
import { plainText } from '../runs/answer-parts.ts'
import type { ThreadHandle } from '../thread/Thread.tsx'
import type { TurnItem } from '../thread/turn-item.ts'
import type { FindState } from './use-find.ts'

interface FindBarProps {
  state: FindState
  items: readonly TurnItem[]
  thread: RefObject<ThreadHandle | null>
}

/** Finds text in the loaded messages of a long conversation. */
export function FindBar({ state, items, thread }: FindBarProps) {
  const [query, setQuery] = useState('')
  const [place, setPlace] = useState(-1)
  const found = useMemo(() => keysWith(items, query), [items, query])
  const goTo = (index: number) => {
    const key = found[(index + found.length) % found.length]
    if (!key) return
    setPlace((index + found.length) % found.length)
    state.mark(key)
    thread.current?.show(key)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') state.close()
    if (event.key === 'Enter') goTo(place + (event.shiftKey ? -1 : 1))
  }
  const count =
    query === '' ? '' : found.length === 0 ? 'Not found' : `${Math.max(1, place + 1)} of ${found.length}`
  return (
    <search className="flex items-center gap-1 border-b border-line px-4 py-1.5">
      <input
        ref={(field) => field?.focus()}
        type="search"
        aria-label="Find in this conversation"
        placeholder="Find in this conversation"
        value={query}
        onChange={(event) => {
          setQuery(event.target.value)
          setPlace(-1)
        }}
        onKeyDown={onKeyDown}
        className="h-8 min-w-0 flex-1 bg-transparent outline-none"
      />
      <output className="text-13 text-muted tabular-nums">{count}</output>
      <IconButton icon="arrowUp" size="sm" label="Previous match" onClick={() => goTo(place - 1)} />
      <IconButton icon="arrowDown" size="sm" label="Next match" onClick={() => goTo(place + 1)} />
      <IconButton icon="close" size="sm" label="Close find" onClick={state.close} />
    </search>
  )
}

function keysWith(items: readonly TurnItem[], query: string): string[] {
  const wanted = query.trim().toLowerCase()
  if (wanted === '') return []
  return items.flatMap((item) =>
    item.kind === 'message' && plainText(item.message.content).toLowerCase().includes(wanted)
      ? [item.key]
      : [],
  )
}
