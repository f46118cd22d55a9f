import { type SpanSummary, traceRoutes, type TraceSummary } from '@atrium/contract'
import { type Command, Option } from 'commander'
import { action, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { count, dollars, duration, moment } from '../lib/format.ts'
import { whole } from '../lib/options.ts'
import { facts, oneLine, table } from '../lib/output.ts'
import { allPages } from '../lib/pages.ts'
import { type TraceFilters, TraceTail } from '../traces/tail.ts'
import { treeOf } from '../traces/tree.ts'

interface TailOptions {
  readonly last: number
  readonly service?: string
  readonly agent?: string
  readonly session?: string
  readonly user?: string
  readonly environment?: string
  readonly model?: string
  readonly status?: 'error' | 'ok'
  readonly minDuration?: number
}

export function addTraces(program: Command): void {
  const traces = program.command('traces').description('what agents and applications have done')
  traces
    .command('tail')
    .description('follow new traces, one a line, until Ctrl+C')
    .addOption(new Option('-n, --last <n>', 'how many to begin with').argParser(whole).default(10))
    .option('--service <name>', 'only traces of this service')
    .option('--agent <name>', 'only traces of this agent')
    .option('--session <id>', 'only traces of this session')
    .option('--user <id>', 'only traces of this end user')
    .option('--environment <name>', 'only traces of this environment')
    .option('--model <id>', 'only traces that called this model')
    .addOption(
      new Option('--status <status>', 'only traces that failed, or did not').choices(['error', 'ok']),
    )
    .option('--min-duration <ms>', 'only traces that took this many milliseconds or longer', whole)
    .addHelpText(
      'after',
      examples(
        'atrium traces tail',
        'atrium traces tail --agent support --status error',
        "atrium traces tail --json | jq -r '[.id, .costNanoUsd] | @tsv'",
      ),
    )
    .action(action<TailOptions>(tail))
  traces
    .command('show')
    .description('show a trace as a tree of its spans')
    .argument('<trace>', 'its id')
    .addHelpText('after', examples('atrium traces show 0af7651916cd43dd8448eb211c80319c'))
    .action(action((context, _, id = '') => show(context, id)))
}

async function tail(context: Context, options: TailOptions): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const { client, output } = context
  const { last, minDuration, service, agent, session, user, environment, model, status } = options
  const asked = { service, agent, session, user, environment, model, status, minDurationMs: minDuration }
  // Entries that are undefined are left out; what remains has the type of the filters.
  const filters = Object.fromEntries(
    Object.entries(asked).filter(([, value]) => value !== undefined),
  ) as TraceFilters
  const traces = new TraceTail(client, workspaceId, filters)
  const print = (trace: TraceSummary): void => {
    if (output.json) output.line(trace)
    else output.write(`${lineOf(trace)}\n`)
  }
  for (const trace of await traces.begin(Math.min(last, 100))) print(trace)
  output.note(output.paint('dim', 'Waiting for new traces; Ctrl+C ends.'))
  const away = () => output.note('The server does not answer; asking again.')
  for await (const trace of traces.follow(away)) print(trace)
}

function lineOf(trace: TraceSummary): string {
  const { startedAt, errors, durationMs, name, agent, service, models, spans, tokens, costNanoUsd } = trace
  const cells = [
    startedAt.slice(11, 19),
    (errors > 0 ? `${count(errors)} failed` : 'ok').padEnd(9),
    duration(durationMs).padStart(10),
    name.padEnd(28),
    [service, agent].filter(Boolean).join('/').padEnd(28),
    `${count(spans)} spans`.padStart(9),
    `${count(tokens)} tokens`.padStart(14),
    costOf(costNanoUsd).padStart(11),
    models.join(','),
    trace.id,
  ]
  return oneLine(cells.filter((cell) => cell !== '').join('  '))
}

const costOf = (nanoUsd: string | null): string => (nanoUsd === null ? '' : dollars(nanoUsd))

async function show(context: Context, traceId: string): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const { client } = context
  const params = { workspaceId, traceId }
  const [trace, spans] = await Promise.all([
    client.call(traceRoutes.readTrace, { params }),
    allPages((cursor) => client.call(traceRoutes.listSpans, { params, query: { limit: 2000, ...cursor } })),
  ])
  context.output.result({ trace, spans }, () => `${headOf(trace)}\n\n${treeText(spans)}`)
}

const headOf = (trace: TraceSummary): string =>
  facts([
    ['trace', trace.id],
    ['name', trace.name],
    ['began', `${moment(trace.startedAt)} UTC`],
    ['took', duration(trace.durationMs)],
    ['service', trace.service],
    ['agent', trace.agent],
    ['session', trace.session],
    ['user', trace.user],
    ['environment', trace.environment],
    ['models', trace.models.join(', ')],
    ['spans', `${count(trace.spans)} (${count(trace.errors)} failed)`],
    ['tokens', count(trace.tokens)],
    ['cost', trace.costNanoUsd && dollars(trace.costNanoUsd)],
    ['root', trace.hasRoot ? null : 'has not arrived'],
  ])

const treeText = (spans: readonly SpanSummary[]): string =>
  table(
    [
      { name: 'SPAN' },
      { name: 'TOOK', right: true },
      { name: 'FIRST TOKEN', right: true },
      { name: 'INPUT', right: true },
      { name: 'OUTPUT', right: true },
      { name: 'COST', right: true },
      { name: 'ERROR' },
    ],
    treeOf(spans).map(({ branch, span }) => [
      branch + span.name,
      duration(span.durationMs),
      span.firstTokenMs === null ? '' : duration(span.firstTokenMs),
      sumOf(span.tokens.input, span.tokens.cacheRead, span.tokens.cacheWrite),
      sumOf(span.tokens.output, span.tokens.reasoning),
      costOf(span.costNanoUsd),
      span.status === 'error' ? (span.errorType ?? 'failed') : '',
    ]),
    'It has no spans.',
  )

/** Nothing when none of the kinds was told. */
function sumOf(...kinds: readonly (number | null)[]): string {
  const told = kinds.filter((kind) => kind !== null)
  return told.length === 0 ? '' : count(told.reduce((sum, kind) => sum + kind, 0))
}
