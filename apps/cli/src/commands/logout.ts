import { identityRoutes } from '@atrium/contract'
import type { Command } from 'commander'
import { action, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { CliError, exitCodes, notSignedIn } from '../lib/errors.ts'

export function addLogout(program: Command): void {
  program
    .command('logout')
    .description('sign out: the sign-in ends on the server and is removed here')
    .addHelpText('after', examples('atrium logout', 'atrium logout --profile work'))
    .action(action(logout))
}

async function logout({ profile, profiles, profileName, client, output }: Context): Promise<void> {
  if (!profile) throw notSignedIn()
  const ended = profile.token.startsWith('ats_') ? await endSession(client) : false
  await profiles.remove(profileName)
  output.result({ profile: profileName, url: profile.url, ended }, () =>
    ended || !profile.token.startsWith('ats_')
      ? `Signed out of ${profile.url}.`
      : `Removed the sign-in to ${profile.url} here; the server could not be told.`,
  )
}

/** Whether the server knows that the session has ended. Signing out works without it. */
async function endSession(client: Context['client']): Promise<boolean> {
  try {
    const { data } = await client.call(identityRoutes.listSessions, {})
    const current = data.find((session) => session.current)
    if (current) await client.call(identityRoutes.revokeSession, { params: { sessionId: current.id } })
    return true
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    // It had ended before.
    return error.exitCode === exitCodes.notSignedIn
  }
}
