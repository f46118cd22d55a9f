import type { CallSummary, UsageTotals } from '@atrium/contract'

/** All tokens of a call or of many, input and output. */
export const tokensOf = (tokens: UsageTotals['tokens']): number =>
  Object.values(tokens).reduce((sum, count) => sum + count, 0)

export const statusText: Record<CallSummary['status'], string> = {
  finished: 'finished',
  failed: 'failed',
  aborted: 'stopped',
}

export const statusTone = { finished: 'ok', failed: 'danger', aborted: 'neutral' } as const

/** One line of the “why”: a name and what stood there. */
export interface WhyAttempt {
  deployment: string
  outcome: string
  ms: number | null
  note: string
}

export interface WhyCandidate {
  deployment: string
  passedOver: string | null
  score: number | null
}

/** The parts of a stored “why” that the screen draws by itself. It may be of another release, so nothing is taken for granted. */
export interface ReadWhy {
  policy: string | null
  version: number | null
  rule: string | null
  variant: string | null
  chosen: string | null
  stopped: string | null
  passthrough: boolean
  candidates: WhyCandidate[]
  attempts: WhyAttempt[]
  fidelity: string[]
}

type Loose = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Loose => typeof value === 'object' && value !== null
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const recordsOf = (value: unknown): Loose[] => (Array.isArray(value) ? value.filter(isRecord) : [])

/** Reads a stored “why” leniently. */
export function readWhy(why: Loose): ReadWhy {
  return {
    policy: textOf(why['policy']),
    version: numberOf(why['version']),
    rule: textOf(why['rule']),
    variant: textOf(why['variant']),
    chosen: textOf(why['chosen']),
    stopped: textOf(why['stopped']),
    passthrough: why['passthrough'] === true,
    candidates: recordsOf(why['candidates']).map((candidate) => ({
      deployment: textOf(candidate['deployment']) ?? '?',
      passedOver: textOf(candidate['passedOver']),
      score: numberOf(candidate['score']),
    })),
    attempts: recordsOf(why['attempts']).map((attempt) => ({
      deployment: textOf(attempt['deployment']) ?? '?',
      outcome: textOf(attempt['outcome']) ?? '?',
      ms: numberOf(attempt['ms']),
      note: attemptNote(attempt),
    })),
    fidelity: recordsOf(why['fidelity']).map(
      ({ feature, action }) => `${textOf(feature) ?? '?'}: ${textOf(action) ?? '?'}`,
    ),
  }
}

function attemptNote(attempt: Loose): string {
  const status = numberOf(attempt['status'])
  const notes = [
    status === null ? null : `HTTP ${status}`,
    attempt['hedge'] === true ? 'sent beside a slow one' : null,
    attempt['sent'] === false ? 'never sent' : null,
    attempt['estimated'] === true ? 'usage estimated' : null,
  ]
  return notes.filter((note) => note !== null).join(', ')
}
