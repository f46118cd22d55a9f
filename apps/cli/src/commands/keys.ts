import { type ApiKey, gatewayScopes, identityRoutes, permissions, teamRoutes } from '@atrium/contract'
import { type Command, Option } from 'commander'
import { action, collect, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { confirm } from '../lib/confirm.ts'
import { CliError, exitCodes, usageError } from '../lib/errors.ts'
import { moment } from '../lib/format.ts'
import { futureMoment, grace, limit, type OrNone, withoutNone } from '../lib/options.ts'
import { facts, table } from '../lib/output.ts'
import { allPages } from '../lib/pages.ts'

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('API keys of the workspace')
  keys
    .command('list', { isDefault: true })
    .description('list them, newest first: your own ones, for admins all')
    .option('--team <name>', 'only those of a team, by name or id')
    .addHelpText('after', examples('atrium keys', "atrium keys --json | jq -r '.data[].name'"))
    .action(action<{ team?: string }>(list))
  settings(
    keys
      .command('create')
      .description('create a key; its secret is shown this once')
      .argument('<name>', 'what it is for')
      .addOption(
        new Option('--scope <permission>', 'what it may do; may be repeated')
          .argParser(collect)
          .default(undefined, gatewayScopes.join(', ')),
      ),
  )
    .addHelpText(
      'after',
      examples(
        'atrium keys create "Nightly job" --expires 90d',
        'atrium keys create Frontend --team Web --model "openai/*" --rpm 60',
        'export OPENAI_API_KEY=$(atrium keys create ci --quiet)',
      ),
    )
    .option('-q, --quiet', 'print the secret only')
    .action(
      action<Settings & { scope?: string[]; quiet?: boolean }>((context, options, name = '') =>
        create(context, options, name),
      ),
    )
  settings(
    keys
      .command('update')
      .description('change a key; takes effect within five seconds')
      .argument('<key>', 'its id or name'),
  )
    .option('--name <name>', 'another name')
    .addOption(new Option('--enable', 'let it be used again').conflicts('disable'))
    .option('--disable', 'refuse it until it is enabled')
    .addHelpText('after', examples('atrium keys update ci --rpm none', 'atrium keys update ci --disable'))
    .action(action<Settings & Change>((context, options, key = '') => update(context, options, key)))
  addRotate(keys)
  keys
    .command('revoke')
    .description('revoke a key for good')
    .argument('<key>', 'its id or name')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', examples('atrium keys revoke ci --yes'))
    .action(action<{ yes?: boolean }>((context, options, key = '') => revoke(context, options, key)))
}

function addRotate(keys: Command): void {
  keys
    .command('rotate')
    .description('replace the secret of a key; the new one is shown this once')
    .argument('<key>', 'its id or name')
    .addOption(
      new Option('--grace <span>', 'how long the old secret still works, such as 1h; at most 7d, 0 for not')
        .argParser(grace)
        .default(86_400, '1d'),
    )
    .option('-y, --yes', 'do not ask when the old secret is to stop at once')
    .option('-q, --quiet', 'print the secret only')
    .addHelpText(
      'after',
      examples('atrium keys rotate ci', 'export OPENAI_API_KEY=$(atrium keys rotate ci --grace 1h --quiet)'),
    )
    .action(action<RotateOptions>((context, options, key = '') => rotate(context, options, key)))
}

interface RotateOptions {
  /** Seconds. */
  readonly grace: number
  readonly yes?: boolean
  readonly quiet?: boolean
}

interface Settings {
  readonly team?: string
  readonly model?: string[]
  readonly expires?: OrNone<string>
  readonly rpm?: OrNone<number>
  readonly tpm?: OrNone<number>
  readonly concurrency?: OrNone<number>
}

interface Change {
  readonly name?: string
  readonly enable?: boolean
  readonly disable?: boolean
}

/** The options that creating and updating share. */
const settings = (command: Command): Command =>
  command
    .option('--team <name>', 'team whose budgets it also spends, by name or id; "none" for no team')
    .option(
      '--model <pattern>',
      'a model it may call, * for any characters; may be repeated; "all" for all',
      collect,
    )
    .option('--expires <when>', 'a date, a span such as 90d, or "none"', futureMoment)
    .option('--rpm <n>', 'requests per minute, or "none"', limit)
    .option('--tpm <n>', 'tokens per minute, or "none"', limit)
    .option('--concurrency <n>', 'calls under way at once, or "none"', limit)

const columns = [
  { name: 'NAME' },
  { name: 'KEY' },
  { name: 'OWNER' },
  { name: 'TEAM' },
  { name: 'MODELS' },
  { name: 'EXPIRES' },
  { name: 'LAST USED' },
  { name: 'ID' },
]

const rowOf = (key: ApiKey): string[] => [
  key.enabled ? key.name : `${key.name} (disabled)`,
  `${key.prefix}…`,
  key.ownerName,
  key.teamName ?? '',
  key.models?.join(' ') ?? 'all',
  moment(key.expiresAt) || 'never',
  moment(key.lastUsedAt) || 'never',
  key.id,
]

const readAll = (context: Context, workspaceId: string, query: { teamId?: string } = {}): Promise<ApiKey[]> =>
  allPages((cursor) =>
    context.client.call(identityRoutes.listApiKeys, {
      params: { workspaceId },
      query: { ...query, limit: 100, ...cursor },
    }),
  )

async function list(context: Context, { team }: { team?: string }): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const teamId = await findTeam(context, workspaceId, team)
  const data = await readAll(context, workspaceId, teamId ? { teamId } : {})
  context.output.result({ data }, () => table(columns, data.map(rowOf), 'There are no keys yet.'))
}

async function create(
  context: Context,
  options: Settings & { scope?: string[]; quiet?: boolean },
  name: string,
): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const made = await context.client.call(identityRoutes.createApiKey, {
    params: { workspaceId },
    body: {
      name,
      scopes: scopesOf(options.scope),
      expiresAt: withoutNone(options.expires) ?? null,
      teamId: (await findTeam(context, workspaceId, options.team)) ?? null,
      models: modelsOf(options.model) ?? null,
      limits: limitsOf(options),
    },
  })
  if (options.quiet) {
    context.output.write(`${made.secret}\n`)
    return
  }
  context.output.result(made, () =>
    facts([
      ['key', made.secret],
      ['name', made.name],
      ['id', made.id],
      ['may', made.scopes.join(', ')],
      ['expires', moment(made.expiresAt) || 'never'],
    ]),
  )
  context.output.note('Keep the key now: it is not shown again.')
}

function scopesOf(given: readonly string[] | undefined): ApiKey['scopes'] {
  if (!given) return [...gatewayScopes]
  return given.map((scope) => {
    const known = permissions.find((permission) => permission === scope)
    if (!known)
      throw usageError(`There is no permission "${scope}".`, `Permissions: ${permissions.join(', ')}`)
    return known
  })
}

const modelsOf = (patterns: readonly string[] | undefined): string[] | null | undefined =>
  patterns && (patterns.includes('all') ? null : [...patterns])

const limitsOf = ({ rpm, tpm, concurrency }: Settings) =>
  given({ rpm: withoutNone(rpm), tpm: withoutNone(tpm), concurrency: withoutNone(concurrency) })

/** Without what was not said. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // Entries that are undefined are left out; what remains has the type of the values.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

async function update(context: Context, options: Settings & Change, wanted: string): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const key = await findKey(context, workspaceId, wanted)
  const { enable, disable } = options
  const limits = limitsOf(options)
  const body = given({
    name: options.name,
    expiresAt: withoutNone(options.expires),
    teamId: await findTeam(context, workspaceId, options.team),
    models: modelsOf(options.model),
    limits: Object.keys(limits).length > 0 ? limits : undefined,
    enabled: enable ? true : disable ? false : undefined,
  })
  if (Object.keys(body).length === 0) throw usageError('Nothing to change was given.')
  const changed = await context.client.call(identityRoutes.updateApiKey, {
    params: { workspaceId, keyId: key.id },
    body,
  })
  context.output.result(changed, () => table(columns, [rowOf(changed)], ''))
}

async function rotate(context: Context, options: RotateOptions, wanted: string): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const key = await findKey(context, workspaceId, wanted)
  const { grace: graceSeconds, yes = false } = options
  if (graceSeconds === 0) await confirm(`Stop the old secret of "${key.name}" (${key.prefix}…) at once?`, yes)
  const made = await context.client.call(identityRoutes.rotateApiKey, {
    params: { workspaceId, keyId: key.id },
    body: { graceSeconds },
  })
  if (options.quiet) {
    context.output.write(`${made.secret}\n`)
    return
  }
  context.output.result(made, () =>
    facts([
      ['key', made.secret],
      ['name', made.name],
      ['id', made.id],
      [
        'old secret',
        made.formerSecretUntil ? `works until ${moment(made.formerSecretUntil)}` : 'has stopped',
      ],
    ]),
  )
  context.output.note('Keep the key now: it is not shown again.')
}

async function revoke(context: Context, { yes }: { yes?: boolean }, wanted: string): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const key = await findKey(context, workspaceId, wanted)
  await confirm(`Revoke "${key.name}" (${key.prefix}…)? Whatever uses it stops working.`, yes ?? false)
  await context.client.call(identityRoutes.revokeApiKey, { params: { workspaceId, keyId: key.id } })
  context.output.result({ id: key.id, revoked: true }, () => `Revoked "${key.name}".`)
}

async function findKey(context: Context, workspaceId: string, wanted: string): Promise<ApiKey> {
  const found = (await readAll(context, workspaceId)).filter(
    ({ id, name }) => id === wanted || name === wanted,
  )
  if (found.length > 1) throw usageError(`Several keys are called "${wanted}"; give the id.`)
  if (found[0]) return found[0]
  throw new CliError('API_KEY_NOT_FOUND', `There is no key "${wanted}".`, { exitCode: exitCodes.notFound })
}

/** Undefined when no team was named, null for "none". */
async function findTeam(
  context: Context,
  workspaceId: string,
  wanted: string | undefined,
): Promise<string | null | undefined> {
  if (wanted === undefined) return undefined
  if (wanted === 'none') return null
  const teams = await allPages((cursor) =>
    context.client.call(teamRoutes.listTeams, { params: { workspaceId }, query: { limit: 100, ...cursor } }),
  )
  const found = teams.find(({ id, name }) => id === wanted || name === wanted)
  if (found) return found.id
  throw new CliError('TEAM_NOT_FOUND', `There is no team "${wanted}".`, { exitCode: exitCodes.notFound })
}
