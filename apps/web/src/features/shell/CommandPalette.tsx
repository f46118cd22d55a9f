/* oxlint-disable jsx-a11y/prefer-tag-over-role --
   A combobox with a list of actions has no tags of its own. */
import { type KeyboardEvent, useCallback, useId, useRef, useState } from 'react'
import { lazyPart } from '../../routes/lazy-part.tsx'
import { Icon, Kbd, Modal } from '../../ui/index.ts'

/** What keys do to the list of results: they move along it and choose. */
export type PaletteKey = 'ArrowDown' | 'ArrowUp' | 'Enter'

const PaletteResults = lazyPart(async () => (await import('./PaletteResults.tsx')).PaletteResults)

const isPaletteKey = (key: string): key is PaletteKey =>
  key === 'ArrowDown' || key === 'ArrowUp' || key === 'Enter'

/**
 * Everything one can do or open, by typing a few letters. The field is there at once; the results are read when it is
 * first opened, and until then keys wait for them.
 */
export function CommandPalette({ onClose }: { onClose: () => void }) {
  const listId = useId()
  const [query, setQuery] = useState('')
  const [activeId, setActiveId] = useState<string | undefined>()
  const waiting = useRef<PaletteKey[]>([])
  const press = useRef<((key: PaletteKey) => void) | null>(null)
  const takeKeys = useCallback((take: ((key: PaletteKey) => void) | null) => {
    press.current = take
    // One at a time: each changes what the next one is taken by.
    const key = take && waiting.current.shift()
    if (key) take(key)
  }, [])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || !isPaletteKey(event.key)) return
    event.preventDefault()
    if (press.current && waiting.current.length === 0) press.current(event.key)
    else waiting.current.push(event.key)
  }
  return (
    <Modal
      onClose={onClose}
      label="Command palette"
      className="mx-auto mt-[10dvh] max-h-[70dvh] w-150 max-w-[calc(100vw-24px)] animate-enter overflow-hidden rounded-10"
    >
      <div className="flex max-h-[70dvh] flex-col">
        <div className="flex items-center gap-2.5 border-b border-line px-4">
          <Icon name="search" className="text-muted" />
          <input
            data-autofocus
            role="combobox"
            aria-expanded="true"
            aria-controls={listId}
            aria-activedescendant={activeId}
            aria-autocomplete="list"
            aria-label="Search for a command or conversation"
            placeholder="Search for a command or conversation"
            autoComplete="off"
            spellCheck={false}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={onKeyDown}
            className="h-12 min-w-0 flex-1 bg-transparent text-16 outline-none"
          />
          <span className="pointer-coarse:hidden">
            <Kbd keys="escape" />
          </span>
        </div>
        <PaletteResults
          listId={listId}
          query={query}
          takeKeys={takeKeys}
          onActive={setActiveId}
          onClose={onClose}
        />
      </div>
    </Modal>
  )
}
