import type { Command } from './commands.tsx'

/**
 * The commands that contain every word of the query, best first: a title that starts with it, then a word
 * that does, then any place. Without a query all of them in their order.
 */
export function searchCommands(commands: readonly Command[], query: string): Command[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return [...commands]
  return commands
    .map((command) => ({ command, rank: rankOf(command, words) }))
    .filter(({ rank }) => rank > 0)
    .toSorted((a, b) => b.rank - a.rank)
    .map(({ command }) => command)
}

function rankOf({ title, hint = '', keywords = '', section = '' }: Command, words: string[]): number {
  const name = title.toLowerCase()
  const all = `${name} ${hint} ${keywords} ${section}`.toLowerCase()
  if (!words.every((word) => all.includes(word))) return 0
  if (name.startsWith(words.join(' '))) return 3
  return words.every((word) => ` ${name}`.includes(` ${word}`)) ? 2 : 1
}
