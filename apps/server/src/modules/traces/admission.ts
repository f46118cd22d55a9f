import { setImmediate as breathe } from 'node:timers/promises'
import { traceErrors } from './errors.ts'

/** How long the records of one request are looked at before others get their turn. */
const longestTurnMs = 10

/** A record that is not fit to be stored, and why. */
export class Unfit {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/** Rows that are fit to be stored, and why other records are not. */
export interface Admission<Row> {
  readonly rows: Row[]
  readonly rejected: number
  /** Why, each reason once with how often; for the sender. */
  readonly message: string
}

/** What the rows of one request may take together, in characters: few bytes may unpack to a lot. */
const mostChars = 128 * 1024 * 1024

interface GatherOptions<Row> {
  /** What a row takes, about, in characters. */
  readonly charsOf?: (row: Row) => number
  readonly turnMs?: number
}

/**
 * Gathers what becomes of each record. Others get their turn between records: hostile texts take long.
 * @throws AppError 413 for more than may be held in memory
 */
export async function gather<Row extends object>(
  outcomes: Iterable<Row | Unfit>,
  { charsOf = () => 0, turnMs = longestTurnMs }: GatherOptions<Row> = {},
): Promise<Admission<Row>> {
  let turnEndsAt = performance.now() + turnMs
  let chars = 0
  const rows: Row[] = []
  const reasons = new Map<string, number>()
  for (const outcome of outcomes) {
    if (outcome instanceof Unfit) reasons.set(outcome.reason, (reasons.get(outcome.reason) ?? 0) + 1)
    else {
      rows.push(outcome)
      chars += charsOf(outcome)
      if (chars > mostChars) throw traceErrors.tooMuch()
    }
    if (performance.now() > turnEndsAt) {
      await breathe()
      turnEndsAt = performance.now() + turnMs
    }
  }
  const rejected = [...reasons.values()].reduce((sum, count) => sum + count, 0)
  const message = [...reasons].map(([reason, count]) => `${count} × ${reason}`).join('; ')
  return { rows, rejected, message }
}

/** How long ago what is sent may have happened: as long as it is kept at most. */
export const oldestMs = 400 * 86_400_000
/** Clocks of senders may be ahead. */
const earliestMs = 86_400_000

/** What is wrong with a time in nanoseconds since 1970; null for nothing. */
export function faultOfTime(name: string, ns: bigint, nowMs: number): string | null {
  const ms = Number(ns / 1_000_000n)
  if (ms < nowMs - oldestMs) return `${name}: too long ago`
  return ms > nowMs + earliestMs ? `${name}: in the future` : null
}
