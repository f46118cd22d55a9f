import type { Command } from 'commander'
import { action, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { exitCodes } from '../lib/errors.ts'
import {
  type InstallationOptions,
  installationEnvironment,
  loadOperator,
  operated,
} from '../lib/installation.ts'
import { checkMachine } from '../doctor/machine.ts'
import { checkServer } from '../doctor/server.ts'
import type { Finding } from '../doctor/finding.ts'

interface Options extends InstallationOptions {
  readonly offline?: boolean
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check this machine, the server, and an installation here')
    .option('--offline', 'do not ask the server')
    .option(
      '--data-dir <folder>',
      'installation to look at, running or not (usual: ATRIUM_DATA_DIR, or ./data)',
    )
    .addHelpText(
      'after',
      examples(
        'atrium doctor',
        'atrium doctor --offline --data-dir /srv/atrium',
        'atrium doctor --json | jq .failed',
      ),
    )
    .action(action<Options>(doctor))
}

async function doctor(context: Context, options: Options): Promise<void> {
  const { environment, output } = context
  const findings: Finding[] = [...(await checkMachine(context))]
  if (!options.offline) findings.push(...(await checkServer(context)))
  const all = installationEnvironment(environment.all, options)
  findings.push(...(await checkInstallation(all)))
  const failed = findings.filter(({ status }) => status === 'failed').length
  const warnings = findings.filter(({ status }) => status === 'warning').length
  output.result({ findings, failed, warnings }, () =>
    [...findings.map((one) => lineOf(one)), '', verdict(failed, warnings)].join('\n'),
  )
  if (failed > 0) process.exitCode = exitCodes.failure
}

/** Settings that cannot be read are a finding like any other. */
async function checkInstallation(all: Readonly<Record<string, string | undefined>>): Promise<Finding[]> {
  const { inspect, knownProblem, readInstallation } = await loadOperator()
  try {
    return (await operated(() => inspect(readInstallation(all)))).map((one) => ({
      area: 'installation',
      ...one,
    }))
  } catch (error) {
    const known = knownProblem(error instanceof Error ? error.cause : error)
    if (!known) throw error
    return [{ area: 'installation', name: 'configuration', status: 'failed', message: known.message }]
  }
}

const marks = { ok: '✓', warning: '!', failed: '✗' } as const

function lineOf({ status, area, name, message, hint }: Finding): string {
  const line = `${marks[status]} ${`${area}: ${name}`.padEnd(30)} ${message}`
  return hint && status !== 'ok' ? `${line}\n    ${hint}` : line
}

function verdict(failed: number, warnings: number): string {
  if (failed > 0) return `${failed} ${failed === 1 ? 'problem' : 'problems'} found.`
  return warnings > 0 ? 'Nothing is broken.' : 'Everything is as it should be.'
}
