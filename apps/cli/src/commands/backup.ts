import { mkdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { action, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { CliError, exitCodes } from '../lib/errors.ts'
import { bytes, count } from '../lib/format.ts'
import {
  type InstallationOptions,
  installationEnvironment,
  loadOperator,
  operated,
  readPassphrase,
} from '../lib/installation.ts'
import { createProgress } from '../lib/progress.ts'

interface Options extends InstallationOptions {
  readonly output?: string
  readonly passphraseFile?: string
  readonly force?: boolean
}

export function addBackup(program: Command): void {
  program
    .command('backup')
    .description('write everything that an installation on this machine holds into one file, while it runs')
    .option(
      '-o, --output <file>',
      'file to write to, or a folder: one that is there, or a name that ends with / (usual: atrium-DATE.backup)',
    )
    .option('--passphrase-file <file>', 'encrypt with the passphrase in this file')
    .option('--data-dir <folder>', 'data directory of the installation (usual: ATRIUM_DATA_DIR, or ./data)')
    .option('--force', 'replace a file that is there')
    .addHelpText(
      'after',
      examples('atrium backup', 'atrium backup -o /backups/ --passphrase-file /root/backup-passphrase') +
        '\nDATABASE_URL and ATRIUM_SECRET are read as the server reads them.\n',
    )
    .action(action<Options>(backup))
}

async function backup({ environment, output }: Context, options: Options): Promise<void> {
  const path = await targetOf(options)
  const passphrase = await readPassphrase(options.passphraseFile)
  const operator = await loadOperator()
  const progress = createProgress(output)
  const startedAt = performance.now()
  const report = await operated(async () => {
    const config = operator.readInstallation(installationEnvironment(environment.all, options))
    return operator.backup({
      config,
      path,
      passphrase,
      onProgress: ({ phase, name, done, total }) =>
        progress.show(`Saving ${phase} (${done}/${total}) ${name}`),
    })
  }).finally(() => progress.end())
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  output.result(
    report,
    () =>
      `Saved ${count(report.rows)} rows of ${report.tables} tables and ${count(report.files)} files to ${path} (${bytes(report.sizeBytes)}, ${seconds} s).`,
  )
  if (!report.containsSecret)
    output.note('ATRIUM_SECRET is not in the backup: keep it too, or the backup cannot be used.')
  else if (!report.encrypted) {
    output.note(
      'The backup holds the master secret and is not encrypted: keep it safe, or use --passphrase-file.',
    )
  }
}

/** Never replaces a file unless told. */
async function targetOf({ output, force }: Options): Promise<string> {
  const name = `atrium-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.backup`
  const wanted = resolve(output ?? name)
  if (output?.endsWith('/')) await mkdir(wanted, { recursive: true })
  const found = await stat(wanted).catch(() => null)
  const path = found?.isDirectory() ? join(wanted, name) : wanted
  if (found?.isFile() && !force) {
    throw new CliError('RESOURCE_ALREADY_EXISTS', `${path} is there already.`, {
      exitCode: exitCodes.refused,
      hint: 'Give another name, or --force to replace it.',
    })
  }
  return path
}
