import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  type CallSummary,
  type ShownCost,
  usageDimension,
  usageRoutes,
  type UsageDimension,
  type UsageTotals,
} from '@atrium/contract'
import { type Command, Option } from 'commander'
import { action, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { count, dollars, moment } from '../lib/format.ts'
import { pastMoment, whole } from '../lib/options.ts'
import { facts, table } from '../lib/output.ts'

interface Range {
  readonly from?: string
  readonly to?: string
  readonly model?: string
  readonly person?: string
  readonly key?: string
  readonly team?: string
}

/** The options that say which calls are meant. */
const filtered = (command: Command): Command =>
  command
    .option('--from <when>', 'first moment: a date, or a span back such as 7d (usual: 30d)', pastMoment)
    .option('--to <when>', 'first moment after (usual: now)', pastMoment)
    .option('--model <id>', "only calls of this provider's model")
    .option('--person <id>', 'only calls of this person')
    .option('--key <id>', 'only calls with this key')
    .option('--team <id>', 'only calls of this team')

const queryOf = ({ from, to, model, person, key, team }: Range) => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
  ...(model === undefined ? {} : { model }),
  ...(person === undefined ? {} : { personId: person }),
  ...(key === undefined ? {} : { keyId: key }),
  ...(team === undefined ? {} : { teamId: team }),
})

export function addUsage(program: Command): void {
  const usage = program.command('usage').description('what was used, and what it cost')
  filtered(usage.command('show', { isDefault: true }).description('sums over a time, by what you choose'))
    .addOption(new Option('--by <dimension>', 'one line for each').choices(usageDimension.options))
    .addOption(new Option('--limit <n>', 'how many lines').argParser(whole).default(20))
    .addHelpText(
      'after',
      examples(
        'atrium usage',
        'atrium usage --by model --from 7d',
        'atrium usage --by person --from 2026-11-01 --to 2026-12-01',
      ),
    )
    .action(action<Range & { by?: UsageDimension; limit: number }>(show))
  filtered(usage.command('days').description('sums of each day'))
    .addHelpText('after', examples('atrium usage days --from 14d'))
    .action(action<Range>(days))
  filtered(usage.command('calls').description('single calls, the newest first'))
    .addOption(new Option('--status <status>', 'how they ended').choices(['finished', 'failed', 'aborted']))
    .addOption(new Option('--limit <n>', 'how many, at most 100').argParser(whole).default(20))
    .addHelpText('after', examples('atrium usage calls --status failed'))
    .action(action<Range & { status?: CallSummary['status']; limit: number }>(calls))
  usage
    .command('call')
    .description('one call: why it went where it went, and every price it was given')
    .argument('<id>', 'its id')
    .addHelpText('after', examples('atrium usage call 019a2b3c-…'))
    .action(action((context, _, id = '') => call(context, id)))
  filtered(usage.command('export').description('single calls as CSV'))
    .option('-o, --output <file>', 'write to this file instead of standard output')
    .addHelpText('after', examples('atrium usage export --from 2026-11-01 -o november.csv'))
    .action(action<Range & { output?: string }>(exportCsv))
}

async function show(
  context: Context,
  options: Range & { by?: UsageDimension; limit: number },
): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const { by, limit } = options
  const query = queryOf(options)
  const sums = await context.client.call(usageRoutes.readUsage, { params: { workspaceId }, query })
  if (!by) {
    context.output.result(sums, () => `${periodOf(sums.period)}\n\n${totals(sums.totals, sums.display)}`)
    return
  }
  const groups = await context.client.call(usageRoutes.listUsageGroups, {
    params: { workspaceId },
    query: { ...query, by, limit },
  })
  context.output.result(groups, () =>
    [
      periodOf(groups.period),
      '',
      table(
        [{ name: by.toUpperCase() }, ...sumColumns],
        groups.data.map(({ id, name, totals: one }) => [name ?? id ?? '–', ...sumRow(one, groups.display)]),
        'There were no calls.',
      ),
      '',
      `together: ${count(sums.totals.calls)} calls, ${costOf(sums.totals, sums.display)}`,
      ...(sums.totals.unpriced > 0 ? [unpricedText(sums.totals)] : []),
    ].join('\n'),
  )
}

async function days(context: Context, options: Range): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const series = await context.client.call(usageRoutes.readUsageSeries, {
    params: { workspaceId },
    query: queryOf(options),
  })
  context.output.result(series, () =>
    table(
      [{ name: 'DAY' }, ...sumColumns],
      series.points.map(({ label, totals: one }) => [label, ...sumRow(one, series.display)]),
      'There were no calls.',
    ),
  )
}

const sumColumns = [
  { name: 'CALLS', right: true },
  { name: 'FAILED', right: true },
  { name: 'INPUT', right: true },
  { name: 'OUTPUT', right: true },
  { name: 'COST', right: true },
]

const sumRow = (one: UsageTotals, display: Display): string[] => [
  count(one.calls),
  count(one.failed),
  count(inputOf(one.tokens)),
  count(outputOf(one.tokens)),
  costOf(one, display),
]

const inputOf = (tokens: UsageTotals['tokens']): number =>
  tokens.inputUncached + tokens.cacheRead + tokens.cacheWrite5m + tokens.cacheWrite1h
const outputOf = (tokens: UsageTotals['tokens']): number => tokens.outputText + tokens.outputReasoning

interface Display {
  readonly currency: string
  readonly minorDigits: number
}

/** Dollars, and beside them what the workspace's currency makes of it. */
function cost(amount: ShownCost | null, { currency, minorDigits }: Display): string {
  if (!amount) return 'unknown'
  const usd = dollars(amount.nanoUsd)
  if (currency === 'USD') return usd
  const minor = amount.converted.minor.replace('-', '').padStart(minorDigits + 1, '0')
  const whole = minor.slice(0, minor.length - minorDigits)
  const sign = amount.converted.minor.startsWith('-') ? '-' : ''
  return `${usd} (${sign}${minorDigits > 0 ? `${whole}.${minor.slice(-minorDigits)}` : whole} ${currency})`
}

/** A sum to which calls of unknown price belong is no whole one: `unknown`, or what is known with a `+`. */
function costOf({ cost: known, unpriced }: UsageTotals, display: Display): string {
  if (unpriced === 0) return cost(known, display)
  return known === null || BigInt(known.nanoUsd) === 0n ? 'unknown' : `${cost(known, display)} +`
}

const unpricedText = ({ unpriced }: UsageTotals): string =>
  `The price of ${count(unpriced)} ${unpriced === 1 ? 'call' : 'calls'} is unknown and in no cost; set it in Console › Models.`

const periodOf = ({ from, to, timeZone }: { from: string; to: string; timeZone: string }): string =>
  `${moment(from)} to ${moment(to)} UTC, days of ${timeZone}`

function totals(one: UsageTotals, display: Display): string {
  const { tokens } = one
  return facts([
    ['calls', `${count(one.calls)} (${count(one.failed)} failed, ${count(one.aborted)} aborted)`],
    ['cost', costOf(one, display)],
    ['price unknown', one.unpriced > 0 ? `${count(one.unpriced)} calls, not in the cost` : null],
    ['input', `${count(inputOf(tokens))} tokens, ${count(tokens.cacheRead)} of them from the cache`],
    ['output', `${count(outputOf(tokens))} tokens, ${count(tokens.outputReasoning)} of them reasoning`],
    [
      'first token',
      one.firstTokenMs === null ? null : `${count(Math.round(one.firstTokenMs))} ms on average`,
    ],
  ])
}

async function calls(
  context: Context,
  options: Range & { status?: CallSummary['status']; limit: number },
): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const { status, limit } = options
  const query = { ...queryOf(options), limit, ...(status ? { status } : {}) }
  const list = await context.client.call(usageRoutes.listCalls, { params: { workspaceId }, query })
  context.output.result(list, () =>
    table(
      [
        { name: 'TIME' },
        { name: 'PERSON' },
        { name: 'MODEL' },
        { name: 'STATUS' },
        { name: 'COST', right: true },
        { name: 'ID' },
      ],
      list.data.map((one) => [
        moment(one.createdAt),
        one.person.name ?? one.person.id,
        one.model,
        one.errorCode ?? one.status,
        cost(one.cost, list.display),
        one.id,
      ]),
      'There were no calls.',
    ),
  )
}

async function call(context: Context, callId: string): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const one = await context.client.call(usageRoutes.readCall, { params: { workspaceId, callId } })
  context.output.result(one, () =>
    [
      facts([
        ['call', one.id],
        ['time', `${moment(one.createdAt)} UTC`],
        ['person', one.person.name ?? one.person.id],
        ['key', one.key && (one.key.name ?? one.key.id)],
        ['asked for', one.model],
        ['called', one.upstreamModel],
        ['connection', one.connection && (one.connection.name ?? one.connection.id)],
        ['status', one.errorCode ? `${one.status}: ${one.errorCode}` : one.status],
        ['input', `${count(inputOf(one.tokens))} tokens`],
        ['output', `${count(outputOf(one.tokens))} tokens`],
        ['cost', cost(one.cost, one.display)],
        ['took', `${count(one.totalMs)} ms`],
        ['trace', one.traceId],
      ]),
      '',
      'why:',
      JSON.stringify(one.why, null, 2),
    ].join('\n'),
  )
}

async function exportCsv(context: Context, options: Range & { output?: string }): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const call = { params: { workspaceId }, query: queryOf(options) }
  const { body } = await context.client.open(usageRoutes.exportCalls, call)
  if (!body) return
  if (options.output === undefined) {
    await pipeline(Readable.fromWeb(body), process.stdout, { end: false })
    return
  }
  await pipeline(Readable.fromWeb(body), createWriteStream(options.output, { mode: 0o600 }))
  context.output.result({ file: options.output }, () => `Written to ${options.output}.`)
}
