import type { Command } from 'commander'

export function addRestore(program: Command): void {
  program.command('restore')
}
