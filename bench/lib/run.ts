/** What every bench shares: flags, figures, an exit code, and an end that leaves nothing behind. */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { Figures } from './figures.ts'

export interface BenchOptions {
  /** One JSON object on standard output instead of a table. */
  readonly json: boolean
  /** A short run: only correctness decides the exit code. */
  readonly quick: boolean
  /** Decides every random choice; printed so that a run can be had again. */
  readonly seed: number
  /** Folder for CPU profiles of the server, one for each time that it ends cleanly. */
  readonly profile: string | undefined
}

export interface Bench {
  readonly options: BenchOptions
  readonly figures: Figures
  /** Closed at every end, also when the bench is interrupted. */
  readonly scope: AsyncDisposableStack
  /** Says what is going on, on standard error. */
  readonly say: (text: string) => void
}

/** Runs a bench, prints its figures and sets the exit code: 1 when a figure is missed, 2 when the bench itself failed. */
export async function runBench(name: string, work: (bench: Bench) => Promise<void>): Promise<void> {
  const options = readOptions()
  const scope = new AsyncDisposableStack()
  const figures = new Figures()
  // Interrupted, the work fails as well; both ways wait for the same end.
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= scope.disposeAsync())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void close().finally(() => process.exit(130)))
  }
  const failed = await work({ options, figures, scope, say }).then(
    () => undefined,
    (error: unknown) => error ?? new Error('the bench failed'),
  )
  await close()
  if (failed !== undefined) {
    say(failed instanceof Error ? (failed.stack ?? failed.message) : 'the bench failed')
    process.exit(2)
  }
  print(name, options, figures)
  process.exit(figures.passed(options.quick) ? 0 : 1)
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)

function readOptions(): BenchOptions {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)
  return { json: values.json, quick: values.quick, seed, profile: values.profile }
}

function print(bench: string, { json, quick, seed }: BenchOptions, figures: Figures): void {
  const passed = figures.passed(quick)
  if (json) {
    const machine = { node: process.version, cpus: cpus().length, platform: process.platform }
    console.log(JSON.stringify({ bench, passed, quick, seed, machine, figures: figures.toJSON() }))
    return
  }
  console.log(`${bench}${quick ? ' (quick: only correctness counts)' : ''}, seed ${seed}\n`)
  console.log(figures.table())
  console.log(passed ? '\nEvery figure is met.' : '\nA figure is missed.')
}
