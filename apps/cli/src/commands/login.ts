import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { deviceRoutes, type DeviceCode, type DeviceToken, identityRoutes } from '@atrium/contract'
import type { Command } from 'commander'
import { createClient } from '../lib/client.ts'
import { action, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { CliError, exitCodes } from '../lib/errors.ts'

interface Options {
  readonly browser: boolean
  readonly withKey?: boolean
}

export function addLogin(program: Command): void {
  program
    .command('login')
    .description('sign in with a browser; the sign-in is kept for 30 days')
    .option('--no-browser', 'only show the address, for machines without a browser')
    .option('--with-key', 'read an API key from standard input instead')
    .addHelpText(
      'after',
      examples(
        'atrium login',
        'atrium login --url https://atrium.example.com --profile work',
        'atrium login --with-key < key.txt',
      ),
    )
    .action(
      action<Options>((context, options) =>
        options.withKey ? withKey(context) : withBrowser(context, options),
      ),
    )
}

async function withBrowser(context: Context, { browser }: Options): Promise<void> {
  const { url, output, environment } = context
  const client = createClient({ url, token: null })
  const device = `atrium on ${environment.hostName}`.slice(0, 100)
  const code = await client.call(deviceRoutes.createDeviceCode, { body: { device } })
  if (output.json) output.line({ status: 'pending', ...shown(code) })
  output.note(`Open ${output.paint('cyan', code.verificationUrlComplete)}`)
  output.note(`and compare the code: ${output.paint('bold', code.userCode)}\n`)
  if (browser && output.interactive) openBrowser(code.verificationUrlComplete)
  output.note('Waiting for you to decide there …')
  const { token, person, expiresAt } = await decided(
    () => client.call(deviceRoutes.claimDeviceToken, { body: { deviceCode: code.deviceCode } }),
    code,
  )
  await keep(context, { token, email: person.email, expiresAt })
}

const shown = ({ userCode, verificationUrl, verificationUrlComplete, expiresAt }: DeviceCode) => ({
  userCode,
  verificationUrl,
  verificationUrlComplete,
  expiresAt,
})

/** Asks until somebody has decided; a server that is away for a moment is waited for. */
async function decided(
  ask: () => Promise<DeviceToken>,
  { expiresAt, intervalSeconds }: DeviceCode,
): Promise<Extract<DeviceToken, { status: 'approved' }>> {
  const end = Date.parse(expiresAt)
  while (Date.now() < end) {
    await sleep(intervalSeconds * 1000)
    const answer = await ask().catch(waitForServer)
    if (answer?.status === 'approved') return answer
  }
  throw new CliError('DEVICE_CODE_EXPIRED', 'Nobody has confirmed the code in time.', {
    exitCode: exitCodes.notSignedIn,
    hint: 'Run "atrium login" again.',
  })
}

function waitForServer(error: unknown): undefined {
  if (error instanceof CliError && error.exitCode === exitCodes.unavailable) return undefined
  throw error
}

const openers: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

function openBrowser(url: string): void {
  const [file = 'xdg-open', ...args] = openers[process.platform] ?? []
  // Without a browser the address stands there all the same.
  const child = spawn(file, [...args, url.replaceAll('&', process.platform === 'win32' ? '^&' : '&')], {
    stdio: 'ignore',
    detached: true,
  })
  child.on('error', () => undefined)
  child.unref()
}

async function withKey(context: Context): Promise<void> {
  const text = (await Array.fromAsync(process.stdin)).join('').trim()
  if (!/^at[rs]_\S+$/.test(text)) {
    throw new CliError('INVALID_API_KEY', 'Standard input holds no API key; keys begin with "atr_".', {
      exitCode: exitCodes.usage,
    })
  }
  const me = await createClient({ url: context.url, token: text }).call(identityRoutes.getMe, {})
  const email = 'kind' in me ? `key "${me.name}"` : me.email
  await keep(context, { token: text, email, expiresAt: null })
}

async function keep(
  { profiles, profileName, url, output }: Context,
  found: { token: string; email: string; expiresAt: string | null },
): Promise<void> {
  const client = createClient({ url, token: found.token })
  const { data } = await client.call(identityRoutes.listWorkspaces, {})
  const workspace = data[0] ?? null
  await profiles.save(profileName, { url, ...found, workspaceId: workspace?.id ?? null })
  const answer = {
    status: 'signed-in',
    profile: profileName,
    url,
    email: found.email,
    workspace: workspace && { id: workspace.id, name: workspace.name },
    expiresAt: found.expiresAt,
  }
  if (output.json) output.line(answer)
  else
    output.result(
      answer,
      () => `Signed in to ${url} as ${found.email}${workspace ? `, workspace ${workspace.name}` : ''}.`,
    )
}
