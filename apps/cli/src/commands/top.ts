import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { action, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { CliError, exitCodes } from '../lib/errors.ts'
import { count, dollars, duration } from '../lib/format.ts'
import { span } from '../lib/options.ts'
import { table } from '../lib/output.ts'
import { openScreen } from '../lib/screen.ts'
import { readTop, type Top, type TopRow } from '../top/read.ts'

interface Options {
  /** In seconds. */
  readonly window: number
  readonly once?: boolean
}

const everyMs = 2000

export function addTop(program: Command): void {
  program
    .command('top')
    .description('watch what models and agents do: calls, errors, tokens, cost, durations')
    .addOption(
      new Option('--window <span>', 'how far back to look, such as 5m or 1h; at most 7d')
        .argParser(span)
        .default(900, '15m'),
    )
    .option('--once', 'print it once; so it is with --json and where no terminal is')
    .addHelpText('after', examples('atrium top', 'atrium top --window 1h --once', 'atrium top --json'))
    .action(action<Options>(top))
}

async function top(context: Context, { window, once = false }: Options): Promise<void> {
  const { id: workspaceId } = await context.workspace()
  const { client, output } = context
  const read = () => readTop(client, workspaceId, window)
  if (once || output.json || !process.stdout.isTTY) {
    const found = await read()
    output.result(found, () => textOf(found))
    return
  }
  let text = textOf(await read())
  using screen = openScreen()
  for (;;) {
    screen.draw(
      `${text}\n\n${new Date().toISOString().slice(11, 19)} UTC · every ${everyMs / 1000} s · Ctrl+C ends`,
    )
    await sleep(everyMs)
    try {
      text = textOf(await read())
    } catch (error) {
      if (!(error instanceof CliError) || error.exitCode !== exitCodes.unavailable) throw error
      text = `${error.message} Asking again.\n\n${text.replace(/^.*Asking again\.\n\n/, '')}`
    }
  }
}

function textOf({ from, to, total, models, agents }: Top): string {
  const shared = ['ERRORS', 'TOKENS/MIN', 'COST', 'P50', 'P95'].map((name) => ({ name, right: true }))
  const firstToken = { name: 'FIRST TOKEN P95', right: true }
  return [
    `${from.slice(11, 16)} to ${to.slice(11, 16)} UTC · ${count(total.calls)} calls of models · ${count(total.errors)} failed · ${count(total.tokensPerMinute)} tokens/min · ${costOf(total)}`,
    '',
    table(
      [{ name: 'MODEL' }, { name: 'CALLS', right: true }, ...shared, firstToken],
      models.map((row) => [...cellsOf(row), millisecondsOf(row.firstTokenP95Ms)]),
      'No model was called.',
    ),
    '',
    table(
      [{ name: 'AGENT' }, { name: 'RUNS', right: true }, ...shared],
      agents.map(cellsOf),
      'No agent was at work.',
    ),
  ].join('\n')
}

const cellsOf = (row: TopRow): string[] => [
  row.name ?? '(others)',
  count(row.calls),
  row.errors === 0 ? '0' : `${count(row.errors)} (${((row.errors / row.calls) * 100).toFixed(1)} %)`,
  count(row.tokensPerMinute),
  costOf(row),
  millisecondsOf(row.p50Ms),
  millisecondsOf(row.p95Ms),
]

const millisecondsOf = (ms: number | null): string => (ms === null ? '' : duration(ms))

/** A sum to which calls of unknown price belong is no whole one. */
function costOf({ costNanoUsd, unpriced }: TopRow): string {
  if (costNanoUsd === null) return unpriced > 0 ? 'unknown' : ''
  return unpriced > 0 ? `${dollars(costNanoUsd)} +` : dollars(costNanoUsd)
}
