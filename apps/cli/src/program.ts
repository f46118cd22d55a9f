import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addBackup } from './commands/backup.ts'
import { addBudgets } from './commands/budgets.ts'
import { addChat } from './commands/chat.ts'
import { addCompletion } from './commands/completion.ts'
import { addDoctor } from './commands/doctor.ts'
import { addKeys } from './commands/keys.ts'
import { addLogin } from './commands/login.ts'
import { addLogout } from './commands/logout.ts'
import { addModels } from './commands/models.ts'
import { addRestore } from './commands/restore.ts'
import { addSeed } from './commands/seed.ts'
import { addTop } from './commands/top.ts'
import { addTraces } from './commands/traces.ts'
import { addUsage } from './commands/usage.ts'
import { addWhoami } from './commands/whoami.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const exitCodeHelp = `
Exit codes:
  0  done                          4    not found
  1  failed                        5    refused: no permission, limit or budget
  2  used wrongly                  6    the server does not answer
  3  not signed in                 130  interrupted

Settings from the environment:
  ATRIUM_API_KEY   key or token to use instead of a sign-in
  ATRIUM_URL       address of the server        ATRIUM_WORKSPACE  workspace, by name or id
  ATRIUM_PROFILE   which sign-in to use         NO_COLOR          plain text only
`

/** Every command with its options and help. Commands load what they need when they run. */
export function createProgram(): Command {
  const program = new Command('atrium')
    .description(
      'Atrium on the command line: chat, models, keys, usage, budgets, traces, and care of an installation.',
    )
    .version(version, '-V, --version', 'show the version')
    .option('--json', 'print JSON, for programs')
    .option('--profile <name>', 'which sign-in to use')
    .option('--url <url>', 'address of the server')
    .option('--workspace <name>', 'workspace, by name or id')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .showHelpAfterError('Run with --help to see what is possible.')
    .showSuggestionAfterError()
    .addHelpText('after', exitCodeHelp)
    .exitOverride()
  addLogin(program)
  addLogout(program)
  addWhoami(program)
  addChat(program)
  addModels(program)
  addKeys(program)
  addUsage(program)
  addTraces(program)
  addTop(program)
  addBudgets(program)
  addDoctor(program)
  addBackup(program)
  addRestore(program)
  addSeed(program)
  addCompletion(program)
  return program
}
