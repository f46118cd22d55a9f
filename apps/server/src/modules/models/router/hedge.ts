import type { Deployment } from './deployment.ts'
import type { Gate } from './sink.ts'
import type { Tried } from './trial.ts'

export interface Race {
  readonly signal: AbortSignal
  readonly afterMs: number
  /** Asked once, when the first has been silent that long; counts against the budget of retries. */
  readonly mayHedge: () => boolean
  readonly first: (signal: AbortSignal) => Promise<Tried>
  readonly second: (signal: AbortSignal) => Promise<Tried>
  readonly gate: Gate
  /** Whom the second attempt calls. */
  readonly other: Deployment
}

/**
 * Sends a request, and after a while of silence a second time elsewhere; whoever begins to answer first is kept, the
 * other one is cut off. Both have been recorded and paid for when this resolves.
 */
export async function raceWithHedge(race: Race): Promise<Tried> {
  const runners = [new AbortController(), new AbortController()] as const
  const stopBoth = (): void => runners.forEach((runner) => runner.abort(race.signal.reason))
  race.signal.addEventListener('abort', stopBoth, { once: true })
  if (race.signal.aborted) stopBoth()
  const first = race.first(runners[0].signal)
  const silence = Promise.withResolvers<'silent'>()
  const timer = setTimeout(() => silence.resolve('silent'), race.afterMs)
  try {
    const early = await Promise.race([first, silence.promise])
    if (early !== 'silent') return early
    if (!race.mayHedge()) return await first
    return await beside(race, first, runners)
  } finally {
    clearTimeout(timer)
    race.signal.removeEventListener('abort', stopBoth)
  }
}

async function beside(
  race: Race,
  first: Promise<Tried>,
  runners: readonly [AbortController, AbortController],
): Promise<Tried> {
  const { gate } = race
  // A second attempt that cannot even begin (no budget) leaves the first alone.
  const second = race.second(runners[1].signal).catch(() => undefined)
  gate.onBegin((winner) => {
    const loser = winner === race.other ? runners[0] : runners[1]
    loser.abort(new Error('another attempt was faster'))
  })
  const [one, two] = await Promise.all([first, second])
  if (!two) return one
  if (gate.winner) return gate.winner === two.deployment ? two : one
  return two.end.kind === 'failed' ? one : two
}
