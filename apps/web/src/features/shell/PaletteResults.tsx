/* oxlint-disable jsx-a11y/prefer-tag-over-role --
   A combobox with a list of actions has no tags of its own. */
import { useEffect, useImperativeHandle, useMemo, useState } from 'react'
import { cx, Icon, Kbd } from '../../ui/index.ts'
import type { PaletteKey } from './CommandPalette.tsx'
import { searchCommands } from './command-search.ts'
import { type Command, isUsable, useCommandRegistry, useSections } from './commands.tsx'
import { useConsoleCommands } from './use-console-commands.ts'
import { useConversationCommands } from './use-conversation-commands.ts'

interface PaletteResultsProps {
  /** Id for the list box. */
  listId: string
  query: string
  /** Given what to do with keys while the results are shown. */
  takeKeys: (take: ((key: PaletteKey) => void) | null) => void
  /** Told the id of the option that the keys stand at. */
  onActive: (id: string | undefined) => void
  onClose: () => void
}

/** The commands and conversations that a query finds. */
export function PaletteResults({ listId, query, takeKeys, onActive, onClose }: PaletteResultsProps) {
  const [place, setPlace] = useState({ query, index: 0 })
  const { sections, ordered } = useMatches(query)
  const index = Math.min(place.query === query ? place.index : 0, ordered.length - 1)
  const active = ordered[index]
  const choose = (command: Command | undefined) => {
    if (!command) return
    onClose()
    // After the dialog has given the focus back, so that the command may move it.
    setTimeout(command.run)
  }
  useImperativeHandle(takeKeys, () => (key: PaletteKey) => {
    if (key === 'Enter') choose(active)
    else if (ordered.length > 0) {
      const step = key === 'ArrowDown' ? 1 : -1
      setPlace({ query, index: (index + step + ordered.length) % ordered.length })
    }
  })
  const activeId = active && optionId(listId, active)
  useEffect(() => onActive(activeId), [onActive, activeId])
  return (
    <>
      <div id={listId} role="listbox" aria-label="Commands" className="min-h-0 overflow-y-auto p-1.5">
        {sections.map(([section, members]) => (
          <PaletteSection
            key={section}
            title={section}
            commands={members}
            listId={listId}
            active={active}
            choose={choose}
            point={(command) => setPlace({ query, index: ordered.indexOf(command) })}
          />
        ))}
      </div>
      {ordered.length === 0 && <p className="px-4 pb-4 text-muted">Nothing matches “{query}”.</p>}
    </>
  )
}

const optionId = (listId: string, command: Command) => `${listId}-${command.id}`

/** The commands that match, by section and in the order in which they are shown. */
function useMatches(query: string) {
  const registry = useCommandRegistry()
  const places = useConsoleCommands()
  const fixed = useMemo(() => {
    const offered = registry.commands().filter(({ hidden }) => !hidden)
    return searchCommands([...offered, ...places], query)
  }, [registry, places, query])
  const found = useConversationCommands(query)
  const sections = useSections(useMemo(() => [...fixed, ...found], [fixed, found]))
  const ordered = useMemo(() => sections.flatMap(([, members]) => members), [sections])
  return { sections, ordered }
}

interface PaletteSectionProps {
  title: string
  commands: readonly Command[]
  listId: string
  active: Command | undefined
  choose: (command: Command) => void
  point: (command: Command) => void
}

function PaletteSection({ title, commands, listId, active, choose, point }: PaletteSectionProps) {
  return (
    <div role="group" aria-label={title}>
      <p aria-hidden="true" className="px-2.5 pt-2 pb-1 text-12 font-medium text-muted">
        {title}
      </p>
      {commands.map((command) => (
        // The input keeps the focus and handles the keys, as the combobox pattern has it.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
        <div
          key={command.id}
          ref={command === active ? reveal : undefined}
          id={optionId(listId, command)}
          role="option"
          tabIndex={-1}
          aria-selected={command === active}
          onClick={() => choose(command)}
          onPointerMove={() => point(command)}
          className={cx(
            'flex min-h-9 cursor-pointer items-center gap-2.5 rounded-6 px-2.5 py-1.5 pointer-coarse:min-h-11',
            command === active && 'bg-hover',
          )}
        >
          {command.icon && <Icon name={command.icon} className="text-muted" />}
          <span className="min-w-0 truncate">{command.title}</span>
          {command.hint && <span className="min-w-0 flex-1 truncate text-13 text-muted">{command.hint}</span>}
          <span className="ml-auto shrink-0 pointer-coarse:hidden">
            {isUsable(command.shortcut) && <Kbd keys={command.shortcut} />}
          </span>
        </div>
      ))}
    </div>
  )
}

const reveal = (element: HTMLElement | null) => element?.scrollIntoView({ block: 'nearest' })
