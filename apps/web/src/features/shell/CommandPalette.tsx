/* oxlint-disable jsx-a11y/prefer-tag-over-role --
   A combobox with a list of actions has no tags of its own. */
import { type KeyboardEvent, useId, useMemo, useState } from 'react'
import { cx, Icon, Kbd, Modal } from '../../ui/index.ts'
import { searchCommands } from './command-search.ts'
import { type Command, useCommandRegistry, useSections } from './commands.tsx'
import { useConversationCommands } from './use-conversation-commands.ts'

/** Everything one can do or open, by typing a few letters. */
export function CommandPalette({ onClose }: { onClose: () => void }) {
  const listId = useId()
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const { sections, ordered } = useMatches(query)
  const index = Math.min(active, ordered.length - 1)
  const choose = (command: Command | undefined) => {
    if (!command) return
    onClose()
    // After the dialog has given the focus back, so that the command may move it.
    setTimeout(command.run)
  }
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step && ordered.length > 0) {
      event.preventDefault()
      setActive((index + step + ordered.length) % ordered.length)
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) choose(ordered[index])
  }
  return (
    <Modal
      onClose={onClose}
      label="Command palette"
      className="mx-auto mt-[10dvh] max-h-[70dvh] w-150 max-w-[calc(100vw-24px)] animate-enter overflow-hidden rounded-10"
    >
      <div className="flex max-h-[70dvh] flex-col">
        <PaletteInput
          query={query}
          listId={listId}
          activeId={ordered[index] && optionId(listId, ordered[index])}
          onQuery={(value) => {
            setQuery(value)
            setActive(0)
          }}
          onKeyDown={press}
        />
        <div id={listId} role="listbox" aria-label="Commands" className="min-h-0 overflow-y-auto p-1.5">
          {sections.map(([section, members]) => (
            <PaletteSection
              key={section}
              title={section}
              commands={members}
              listId={listId}
              active={ordered[index]}
              choose={choose}
              point={(command) => setActive(ordered.indexOf(command))}
            />
          ))}
        </div>
        {ordered.length === 0 && <p className="px-4 pb-4 text-muted">Nothing matches “{query}”.</p>}
      </div>
    </Modal>
  )
}

const optionId = (listId: string, command: Command) => `${listId}-${command.id}`

/** The commands that match, by section and in the order in which they are shown. */
function useMatches(query: string) {
  const registry = useCommandRegistry()
  const fixed = useMemo(() => {
    const offered = registry.commands().filter(({ hidden }) => !hidden)
    return searchCommands(offered, query)
  }, [registry, query])
  const found = useConversationCommands(query)
  const sections = useSections(useMemo(() => [...fixed, ...found], [fixed, found]))
  const ordered = useMemo(() => sections.flatMap(([, members]) => members), [sections])
  return { sections, ordered }
}

interface PaletteInputProps {
  query: string
  listId: string
  activeId: string | undefined
  onQuery: (query: string) => void
  onKeyDown: (event: KeyboardEvent) => void
}

function PaletteInput({ query, listId, activeId, onQuery, onKeyDown }: PaletteInputProps) {
  return (
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
        onChange={(event) => onQuery(event.target.value)}
        onKeyDown={onKeyDown}
        className="h-12 min-w-0 flex-1 bg-transparent text-16 outline-none"
      />
      <span className="pointer-coarse:hidden">
        <Kbd keys="escape" />
      </span>
    </div>
  )
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
            {command.shortcut && <Kbd keys={command.shortcut} />}
          </span>
        </div>
      ))}
    </div>
  )
}

const reveal = (element: HTMLElement | null) => element?.scrollIntoView({ block: 'nearest' })
