/** The `atrium` program: arguments → command → exit code. */
import { CommanderError } from 'commander'
import { complete } from './completion/complete.ts'
import { CliError, exitCodes } from './lib/errors.ts'
import { createOutput } from './lib/output.ts'
import { createProgram } from './program.ts'

/** Runs one command. Errors end here: they go to standard error, and their kind becomes the exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  // Whoever reads our output may stop reading, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok)
  })
  const json = argv.includes('--json')
  const program = createProgram()
  if (argv[0] === '__complete') {
    process.stdout.write(
      complete(program, argv.slice(1))
        .map((word) => `${word}\n`)
        .join(''),
    )
    return
  }
  if (json) program.configureOutput({ writeErr: () => undefined })
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    process.exitCode = failed(error, json)
  }
}

function failed(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return usageFailed(error, json)
  const known =
    error instanceof CliError
      ? error
      : new CliError('INTERNAL_ERROR', error instanceof Error ? error.message : String(error), {
          cause: error,
        })
  createOutput({ json }).error(known)
  return known.exitCode
}

/** Commander has printed its message already, unless programs read it. */
function usageFailed({ exitCode, code, message }: CommanderError, json: boolean): number {
  if (exitCode === 0) return exitCodes.ok
  // A group of commands without one of them shows its help.
  if (code !== 'commander.help' && json) {
    const text = message.replace(/^error: /, '')
    createOutput({ json }).error(new CliError('INVALID_INPUT', text, { exitCode: exitCodes.usage }))
  }
  return exitCodes.usage
}
