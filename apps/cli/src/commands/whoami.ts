import { identityRoutes } from '@atrium/contract'
import type { Command } from 'commander'
import { action, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { moment } from '../lib/format.ts'
import { facts, table } from '../lib/output.ts'

export function addWhoami(program: Command): void {
  program
    .command('whoami')
    .description('show who is signed in where')
    .option('--all', 'list every profile, without asking the servers')
    .addHelpText('after', examples('atrium whoami', 'atrium whoami --all'))
    .action(action<{ all?: boolean }>((context, { all }) => (all ? listProfiles(context) : whoami(context))))
}

async function whoami(context: Context): Promise<void> {
  const { url, output, profile, profileName, environment } = context
  const me = await context.signedIn().call(identityRoutes.getMe, {})
  const workspace = await context.workspace()
  const by = environment.apiKey ? null : profileName
  const answer = {
    url,
    profile: by,
    person: 'kind' in me ? null : { id: me.id, name: me.name, email: me.email, isOperator: me.isOperator },
    key: 'kind' in me ? { id: me.id, name: me.name, scopes: me.scopes } : null,
    workspace: { id: workspace.id, name: workspace.name, role: workspace.role },
    expiresAt: by ? (profile?.expiresAt ?? null) : null,
  }
  output.result(answer, () =>
    facts([
      ['server', url],
      'kind' in me
        ? ['key', `${me.name} (${me.scopes.join(', ')})`]
        : ['person', `${me.name} <${me.email}>${me.isOperator ? ', operator' : ''}`],
      ['workspace', `${workspace.name} (${workspace.role})`],
      ['profile', by ?? 'none: ATRIUM_API_KEY is used'],
      ['signed in until', answer.expiresAt && `${moment(answer.expiresAt)} UTC`],
    ]),
  )
}

async function listProfiles({ profiles, output }: Context): Promise<void> {
  const { current, profiles: all } = await profiles.read()
  const data = Object.entries(all).map(([name, { url, email, expiresAt }]) => ({
    name,
    url,
    email,
    expiresAt,
    current: name === current,
  }))
  output.result({ data }, () =>
    table(
      [{ name: '' }, { name: 'PROFILE' }, { name: 'SERVER' }, { name: 'PERSON' }, { name: 'UNTIL' }],
      data.map((one) => [one.current ? '*' : '', one.name, one.url, one.email, moment(one.expiresAt)]),
      'Nobody is signed in. Run "atrium login".',
    ),
  )
}
