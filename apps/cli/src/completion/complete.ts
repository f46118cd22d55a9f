import type { Command, Option } from 'commander'

/** What may stand where the last of the words is being typed: commands, options, or an option's choices. */
export function complete(program: Command, words: readonly string[]): string[] {
  const typed = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const command = before.reduce(descend, program)
  const options = optionsOf(command)
  const previous = options.find(({ long, short }) => [long, short].includes(before.at(-1) ?? ''))
  if (previous?.required) return startingWith(typed, previous.argChoices ?? [])
  const subcommands = command.commands.map((one) => one.name()).filter((name) => !name.startsWith('_'))
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
  const flags = typed.startsWith('-') ? options.map(({ long }) => long ?? '') : []
  return startingWith(typed, [...subcommands, ...choices, ...flags])
}

const descend = (command: Command, word: string): Command =>
  command.commands.find((one) => one.name() === word) ?? command

/** Its own and those of the commands around it. A group offers those of its usual command too. */
function optionsOf(command: Command): Option[] {
  const named = (name: string) => command.commands.find((one) => one.name() === name)
  const usual = named('list') ?? named('show')
  const around = command.parent ? optionsOf(command.parent).filter(({ long }) => long !== '--version') : []
  return [...(usual?.options ?? []), ...command.options, ...around]
}

const startingWith = (typed: string, words: readonly string[]): string[] => [
  ...new Set(words.filter((word) => word !== '' && word.startsWith(typed))),
]
