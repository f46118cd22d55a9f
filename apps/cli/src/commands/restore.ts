import { resolve } from 'node:path'
import type { Command } from 'commander'
import { action, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { count, moment } from '../lib/format.ts'
import {
  type InstallationOptions,
  installationEnvironment,
  loadOperator,
  operated,
  readPassphrase,
} from '../lib/installation.ts'
import { createProgress } from '../lib/progress.ts'

interface Options extends InstallationOptions {
  readonly passphraseFile?: string
  readonly check?: boolean
}

export function addRestore(program: Command): void {
  program
    .command('restore')
    .description('bring a backup back, into an empty data directory or database')
    .argument('<file>', 'the backup')
    .option('--passphrase-file <file>', 'the passphrase that it was encrypted with')
    .option('--data-dir <folder>', 'data directory to restore to (usual: ATRIUM_DATA_DIR, or ./data)')
    .option('--check', 'only read it and compare every checksum')
    .addHelpText(
      'after',
      examples(
        'atrium restore atrium-2026-11-21T030000.backup --check',
        'atrium restore atrium-2026-11-21T030000.backup --data-dir ./data',
      ) + '\nEverything is checked before anything is written. A restore that fails leaves nothing behind.\n',
    )
    .action(action<Options>((context, options, file = '') => restore(context, options, file)))
}

async function restore({ environment, output }: Context, options: Options, file: string): Promise<void> {
  const passphrase = await readPassphrase(options.passphraseFile)
  const operator = await loadOperator()
  const progress = createProgress(output)
  const words = { checking: 'Checking', restoring: 'Restoring' }
  const { report, dataDir } = await operated(async () => {
    const config = operator.readInstallation(installationEnvironment(environment.all, options))
    const report = await operator.restore({
      config,
      path: resolve(file),
      passphrase,
      checkOnly: options.check ?? false,
      onProgress: ({ phase, name }) => progress.show(`${words[phase]} ${name}`),
    })
    return { report, dataDir: config.dataDir }
  }).finally(() => progress.end())
  const holds = `${count(report.rows)} rows of ${report.tables} tables and ${count(report.files)} files`
  const origin = `made by Atrium ${report.version} on ${moment(report.createdAt)} UTC`
  output.result({ ...report, dataDir: report.restored ? dataDir : null }, () =>
    report.restored
      ? `Restored ${holds}, ${origin}, to ${dataDir}. Start the server with this data directory.`
      : `The backup is complete: ${holds}, ${origin}.`,
  )
}
