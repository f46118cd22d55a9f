import { type Budget, budgetPeriod, budgetScope, ledgerRoutes, type UnknownPriceRule } from '@atrium/contract'
import { type Command, Option } from 'commander'
import { action, examples } from '../lib/command.ts'
import { confirm } from '../lib/confirm.ts'
import type { Context } from '../lib/context.ts'
import { CliError, exitCodes, usageError } from '../lib/errors.ts'
import { dollars, moment } from '../lib/format.ts'
import { money, percents, unknownPrice } from '../lib/options.ts'
import { facts, table } from '../lib/output.ts'
import { allPages } from '../lib/pages.ts'

interface Settings {
  readonly limit?: string
  readonly alert?: number[]
  readonly unknownPrice?: UnknownPriceRule
  readonly name?: string
  readonly enable?: boolean
  readonly disable?: boolean
}

interface NewBudget extends Settings {
  readonly scope: Budget['scope']
  readonly id?: string
  readonly period: Budget['period']
  readonly limit: string
}

const alertOption = () =>
  new Option(
    '--alert <percents>',
    'tell when these shares are spent, such as 50,80; "none" for never',
  ).argParser(percents)

const unknownPriceOption = () =>
  new Option(
    '--unknown-price <rule>',
    'for models without a known price: "block", or the dollars that each call reserves and costs',
  ).argParser(unknownPrice)

export function addBudgets(program: Command): void {
  const budgets = program.command('budgets').description('how much may be spent')
  budgets
    .command('list', { isDefault: true })
    .description('list them with what is spent')
    .addHelpText('after', examples('atrium budgets', "atrium budgets --json | jq '.data[].leftNanoUsd'"))
    .action(action(list))
  budgets
    .command('show')
    .description('show one and its last periods')
    .argument('<budget>', 'its id or name')
    .addHelpText('after', examples('atrium budgets show Team'))
    .action(action((context, _, wanted = '') => show(context, wanted)))
  budgets
    .command('create')
    .description('limit what a workspace, team, person or key may spend')
    .argument('<name>', 'what it is for')
    .requiredOption('--limit <dollars>', 'how much', money)
    .addOption(
      new Option('--period <period>', 'how often it starts anew')
        .choices(budgetPeriod.options)
        .default('month'),
    )
    .addOption(
      new Option('--scope <scope>', 'whose calls it pays for')
        .choices(budgetScope.options)
        .default('workspace'),
    )
    .option('--id <id>', 'id of the team, person or key')
    .addOption(alertOption())
    .addOption(unknownPriceOption())
    .addHelpText(
      'after',
      examples(
        'atrium budgets create Everyone --limit 500',
        'atrium budgets create Everyone --limit 500 --unknown-price 0.05',
        'atrium budgets create CI --scope key --id 019a… --period day --limit 5',
      ),
    )
    .action(action<NewBudget>((context, options, name = '') => create(context, options, name)))
  budgets
    .command('update')
    .description('change a budget; a limit below what is spent blocks at once')
    .argument('<budget>', 'its id or name')
    .option('--name <name>', 'another name')
    .option('--limit <dollars>', 'how much', money)
    .addOption(alertOption())
    .addOption(unknownPriceOption())
    .addOption(new Option('--enable', 'let it count').conflicts('disable'))
    .option('--disable', 'let calls pass it by')
    .addHelpText('after', examples('atrium budgets update Everyone --limit 750'))
    .action(action<Settings>((context, options, wanted = '') => update(context, options, wanted)))
  budgets
    .command('delete')
    .description('remove a budget; what it has paid stays in the book')
    .argument('<budget>', 'its id or name')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', examples('atrium budgets delete Everyone --yes'))
    .action(action<{ yes?: boolean }>((context, options, wanted = '') => remove(context, options, wanted)))
}

const readAll = (context: Context, workspaceId: string): Promise<Budget[]> =>
  allPages((cursor) =>
    context.client.call(ledgerRoutes.listBudgets, {
      params: { workspaceId },
      query: { limit: 100, ...cursor },
    }),
  )

const columns = [
  { name: 'BUDGET' },
  { name: 'FOR' },
  { name: 'PERIOD' },
  { name: 'LIMIT', right: true },
  { name: 'SPENT', right: true },
  { name: 'HELD', right: true },
  { name: 'LEFT', right: true },
  { name: 'STARTS ANEW' },
  { name: 'ID' },
]

const scopeOf = ({ scope, scopeId, scopeName }: Budget): string =>
  scope === 'workspace' ? 'workspace' : `${scope} ${scopeName ?? scopeId ?? ''}`

const alertText = ({ alertPercents, alerts }: Budget): string | null => {
  const reached = new Set(alerts.map(({ percent }) => percent))
  const texts = alertPercents.map((percent) => `${percent} %${reached.has(percent) ? ' (reached)' : ''}`)
  return texts.length === 0 ? null : `at ${texts.join(', ')}`
}

const unknownPriceText = ({ unknownPrice }: Budget): string =>
  unknownPrice.rule === 'block' ? 'calls are refused' : `${dollars(unknownPrice.nanoUsd)} for each call`

const rowOf = (one: Budget): string[] => [
  one.enabled ? one.name : `${one.name} (disabled)`,
  scopeOf(one),
  one.period,
  dollars(one.limitNanoUsd),
  dollars(one.spentNanoUsd),
  dollars(one.heldNanoUsd),
  dollars(one.leftNanoUsd),
  moment(one.endsAt) || 'never',
  one.id,
]

async function list(context: Context): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const data = await readAll(context, workspaceId)
  context.output.result({ data }, () =>
    table(columns, data.map(rowOf), 'There are no budgets. "atrium budgets create" makes one.'),
  )
}

async function show(context: Context, wanted: string): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const found = await findBudget(context, workspaceId, wanted)
  const params = { workspaceId, budgetId: found.id }
  const { data: periods } = await context.client.call(ledgerRoutes.listBudgetPeriods, {
    params,
    query: { limit: 12 },
  })
  context.output.result({ ...found, periods }, () =>
    [
      facts([
        ['budget', found.name],
        ['id', found.id],
        ['for', scopeOf(found)],
        ['period', `${found.period}, days of ${found.timeZone}`],
        ['limit', dollars(found.limitNanoUsd)],
        ['spent', dollars(found.spentNanoUsd)],
        ['held', dollars(found.heldNanoUsd)],
        ['left', dollars(found.leftNanoUsd)],
        ['alerts', alertText(found)],
        ['unknown price', unknownPriceText(found)],
        ['enabled', found.enabled ? 'yes' : 'no'],
      ]),
      '',
      table(
        [{ name: 'FROM' }, { name: 'TO' }, { name: 'SPENT', right: true }],
        periods.map((one) => [moment(one.startsAt), moment(one.endsAt), dollars(one.spentNanoUsd)]),
        'Nothing was spent yet.',
      ),
    ].join('\n'),
  )
}

async function create(context: Context, options: NewBudget, name: string): Promise<void> {
  const { scope, id: scopeId, period, limit, alert, unknownPrice } = options
  if (scope !== 'workspace' && scopeId === undefined) throw usageError(`--scope ${scope} needs --id.`)
  const { id: workspaceId } = await context.workspace()
  const made = await context.client.call(ledgerRoutes.createBudget, {
    params: { workspaceId },
    body: {
      name,
      scope,
      period,
      limitNanoUsd: limit,
      ...(scopeId === undefined ? {} : { scopeId }),
      ...(alert === undefined ? {} : { alertPercents: alert }),
      ...(unknownPrice === undefined ? {} : { unknownPrice }),
    },
  })
  context.output.result(made, () => table(columns, [rowOf(made)], ''))
  if (made.unknownPrice.rule === 'block')
    context.output.note(
      'Models without a known price are refused where this budget counts: set their prices, or let each call cost a fixed amount with --unknown-price.',
    )
}

async function update(context: Context, options: Settings, wanted: string): Promise<void> {
  const { name, limit, alert, unknownPrice, enable, disable } = options
  const body = {
    ...(name === undefined ? {} : { name }),
    ...(limit === undefined ? {} : { limitNanoUsd: limit }),
    ...(alert === undefined ? {} : { alertPercents: alert }),
    ...(unknownPrice === undefined ? {} : { unknownPrice }),
    ...(enable ? { enabled: true } : {}),
    ...(disable ? { enabled: false } : {}),
  }
  if (Object.keys(body).length === 0) throw usageError('Nothing to change was given.')
  const { id: workspaceId } = await context.workspace()
  const { id: budgetId } = await findBudget(context, workspaceId, wanted)
  const changed = await context.client.call(ledgerRoutes.updateBudget, {
    params: { workspaceId, budgetId },
    body,
  })
  context.output.result(changed, () => table(columns, [rowOf(changed)], ''))
}

async function remove(context: Context, { yes }: { yes?: boolean }, wanted: string): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const { id: budgetId, name } = await findBudget(context, workspaceId, wanted)
  await confirm(`Delete the budget "${name}"? Calls that it limits are limited no more.`, yes ?? false)
  await context.client.call(ledgerRoutes.deleteBudget, { params: { workspaceId, budgetId } })
  context.output.result({ id: budgetId, deleted: true }, () => `Deleted "${name}".`)
}

async function findBudget(context: Context, workspaceId: string, wanted: string): Promise<Budget> {
  const found = (await readAll(context, workspaceId)).filter(
    ({ id, name }) => id === wanted || name === wanted,
  )
  if (found.length > 1) throw usageError(`Several budgets are called "${wanted}"; give the id.`)
  if (found[0]) return found[0]
  throw new CliError('BUDGET_NOT_FOUND', `There is no budget "${wanted}".`, { exitCode: exitCodes.notFound })
}
