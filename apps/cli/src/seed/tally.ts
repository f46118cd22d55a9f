import type { SeedRun } from './telemetry.ts'

/** What was made. */
export interface Tally {
  sessions: number
  traces: number
  spans: number
  errors: number
  modelCalls: number
  toolCalls: number
  /** Of input and output. */
  tokens: number
  costNanoUsd: bigint
}

export const emptyTally = (): Tally => ({
  sessions: 0,
  traces: 0,
  spans: 0,
  errors: 0,
  modelCalls: 0,
  toolCalls: 0,
  tokens: 0,
  costNanoUsd: 0n,
})

/** Passes runs on, and counts them. Runs of one session come one after another. */
export function* counted(runs: Iterable<SeedRun>, tally: Tally): Generator<SeedRun> {
  let session = ''
  for (const run of runs) {
    if (run.session !== session) tally.sessions += 1
    session = run.session
    tally.traces += 1
    tally.spans += run.spans.length
    for (const { status, attributes } of run.spans) {
      const operation = attributes.get('gen_ai.operation.name')
      if (status.code === 2) tally.errors += 1
      if (operation === 'chat') tally.modelCalls += 1
      if (operation === 'execute_tool') tally.toolCalls += 1
      tally.tokens += Number(attributes.get('gen_ai.usage.input_tokens') ?? 0)
      tally.tokens += Number(attributes.get('gen_ai.usage.output_tokens') ?? 0)
      const cost = Number(attributes.get('gen_ai.usage.cost') ?? 0)
      tally.costNanoUsd += BigInt(Math.round(cost * 1e9))
    }
    yield run
  }
}
