import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react'
import { readPreference } from '../../api/preferences.ts'
import type { IconName } from '../../ui/index.ts'
import { isSingleKey, isTyping, matchesShortcut } from '../../ui/index.ts'

/** Something a person can do from the palette, by a shortcut, or both. */
export interface Command {
  id: string
  title: string
  run: () => void
  /** Heading in the palette and in the shortcut sheet. */
  section?: string
  icon?: IconName
  /** Beside the title, in a quieter voice. */
  hint?: string
  /** More words to find it by. */
  keywords?: string
  /** Such as `mod+shift+o` or `?`. Single keys can be turned off by the person. */
  shortcut?: string
  /** The shortcut also works while typing; those with a modifier always do. */
  whileTyping?: boolean
  /** Only a shortcut, not an entry of the palette. */
  hidden?: boolean
}

interface Registry {
  commands: () => Command[]
  add: (commands: readonly Command[]) => () => void
}

const CommandContext = createContext<Registry | null>(null)

export function CommandProvider({ children }: { children: ReactNode }) {
  const [registry] = useState(createRegistry)
  useEffect(() => {
    const press = (event: KeyboardEvent) => runShortcut(event, registry.commands())
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [registry])
  return <CommandContext value={registry}>{children}</CommandContext>
}

/** Offers commands for as long as the component is mounted. Memoise the array. */
export function useCommands(commands: readonly Command[]): void {
  const registry = useCommandRegistry()
  useEffect(() => registry.add(commands), [registry, commands])
}

export function useCommandRegistry(): Registry {
  const registry = use(CommandContext)
  if (!registry) throw new Error('Commands need a CommandProvider')
  return registry
}

function createRegistry(): Registry {
  const groups = new Set<readonly Command[]>()
  return {
    commands: () => [...groups].flat(),
    add: (commands) => {
      groups.add(commands)
      return () => groups.delete(commands)
    },
  }
}

/** Whether there is a shortcut that works: those of one key can be turned off. */
export const isUsable = (shortcut: string | undefined): shortcut is string =>
  shortcut !== undefined && (!isSingleKey(shortcut) || readPreference('singleKeyShortcuts'))

function runShortcut(event: KeyboardEvent, commands: readonly Command[]): void {
  if (event.defaultPrevented || event.repeat) return
  const typing = isTyping(event)
  // The last one registered wins: it belongs to what was opened last.
  const command = commands.findLast(
    ({ shortcut, whileTyping }) =>
      isUsable(shortcut) &&
      matchesShortcut(event, shortcut) &&
      (!typing || whileTyping || shortcut.includes('mod+')),
  )
  if (!command) return
  if (isSingleKey(command.shortcut ?? '') && document.querySelector('dialog:modal')) return
  event.preventDefault()
  command.run()
}

/** Commands by section, in order of first appearance. */
export function useSections(commands: readonly Command[]): [string, Command[]][] {
  return useMemo(() => [...Map.groupBy(commands, ({ section }) => section ?? 'Commands')], [commands])
}
