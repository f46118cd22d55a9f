import { CliError, exitCodes, usageError } from './errors.ts'

/**
 * Asks before something that cannot be undone.
 * @throws CliError when the answer is no, and where nobody can be asked
 */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw usageError('Nobody can be asked here; add --yes.')
  const prompts = await import('@clack/prompts')
  const answer = await prompts.confirm({ message: question, initialValue: false, output: process.stderr })
  if (answer !== true) {
    throw new CliError('CANCELLED', 'Nothing was changed.', { exitCode: exitCodes.interrupted })
  }
}
