import { type Model, modelRoutes } from '@atrium/contract'
import type { Command } from 'commander'
import { action, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { CliError, exitCodes } from '../lib/errors.ts'
import { count, dollars } from '../lib/format.ts'
import { facts, table } from '../lib/output.ts'

export function addModels(program: Command): void {
  const models = program.command('models').description('models that can be called')
  models
    .command('list', { isDefault: true })
    .description('list them')
    .argument('[search]', 'only models whose id or name contains this')
    .option('--all', 'hidden ones, and those that are not for chat, too')
    .addHelpText(
      'after',
      examples('atrium models', 'atrium models list claude', "atrium models --json | jq -r '.data[].id'"),
    )
    .action(action<{ all?: boolean }>(list))
  models
    .command('show')
    .description('show one with its limits and price')
    .argument('<model>', 'its id, such as atrium/guide')
    .addHelpText('after', examples('atrium models show atrium/guide'))
    .action(action((context, _, id = '') => show(context, id)))
}

async function read(context: Context, all: boolean): Promise<Model[]> {
  const { id: workspaceId } = await context.workspace()
  const answer = await context.client.call(modelRoutes.listModels, {
    params: { workspaceId },
    query: { all: String(all) },
  })
  return answer.data
}

async function list(context: Context, { all }: { all?: boolean }, search = ''): Promise<void> {
  const words = search.toLowerCase()
  const found = (await read(context, all ?? false)).filter(({ id, name }) =>
    `${id}\n${name}`.toLowerCase().includes(words),
  )
  context.output.result({ data: found }, () =>
    table(
      [
        { name: 'MODEL' },
        { name: 'CONTEXT', right: true },
        { name: 'INPUT/M', right: true },
        { name: 'OUTPUT/M', right: true },
        { name: 'CAN' },
      ],
      found.map((model) => [
        model.enabled ? model.id : `${model.id} (hidden)`,
        model.contextTokens === null ? '' : count(model.contextTokens),
        model.price ? dollars(model.price.inputNanoUsd) : 'unknown',
        model.price ? dollars(model.price.outputNanoUsd) : 'unknown',
        abilities(model),
      ]),
      search
        ? `No model contains "${search}".`
        : 'There are no models yet. Connect a provider in the settings.',
    ),
  )
}

const abilities = ({ capabilities: { chat, images, tools, thinking } }: Model): string =>
  [!chat && 'no-chat', images && 'images', tools && 'tools', thinking && 'thinking'].filter(Boolean).join(' ')

async function show(context: Context, id: string): Promise<void> {
  const model = (await read(context, true)).find((one) => one.id === id)
  if (!model) {
    throw new CliError('MODEL_NOT_FOUND', `There is no model "${id}".`, {
      exitCode: exitCodes.notFound,
      hint: '"atrium models list --all" shows every model.',
    })
  }
  context.output.result(model, () =>
    facts([
      ['model', model.id],
      ['name', model.name],
      ['connection', model.connectionName],
      ['shown', model.enabled ? 'yes' : 'no'],
      ['context', model.contextTokens === null ? 'unknown' : `${count(model.contextTokens)} tokens`],
      [
        'longest answer',
        model.maxOutputTokens === null ? 'unknown' : `${count(model.maxOutputTokens)} tokens`,
      ],
      ['can', abilities(model) || 'text'],
      ['input', model.price ? `${dollars(model.price.inputNanoUsd)} per million tokens` : 'price unknown'],
      ['output', model.price ? `${dollars(model.price.outputNanoUsd)} per million tokens` : 'price unknown'],
      ['note', model.label],
    ]),
  )
}
