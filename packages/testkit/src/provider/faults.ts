import { mix } from './tokens.ts'

/** What can be made to go wrong in an answer. Counts are output tokens, those of reasoning and tool input included. */
export type Fault =
  | { kind: 'status'; status: number; spend: boolean; retryAfterS: number | undefined }
  | { kind: BreakKind; after: number }
  | { kind: 'slow-headers'; ms: number }
  | { kind: 'huge-event'; bytes: number }
  | { kind: 'ping'; every: number }
  | { kind: PlainKind }

/** Faults that strike once a number of tokens went out. */
type BreakKind = (typeof breakKinds)[number]
type PlainKind = (typeof plainKinds)[number]

const breakKinds = ['error-after', 'cut-after', 'end-after', 'stall-after', 'garbage'] as const
const plainKinds = [
  'cut-headers',
  'stall-headers',
  'stall-first-token',
  'html',
  'empty',
  'no-usage',
  'wrong-content-type',
] as const

/** The written form of a fault, the same in directives, model names and scripts. */
export type FaultText =
  | `status:${number}`
  | `status:${number}:${number}`
  | `status:${number}-spend`
  | `${'error-after' | 'cut-after' | 'end-after' | 'stall-after' | 'garbage'}:${number}`
  | 'garbage'
  | `slow-headers:${number}`
  | `huge-event:${number}`
  | 'ping'
  | `ping:${number}`
  | PlainKind
  | 'chaos'

const chaosKinds = ['error-after', 'cut-after', 'end-after', 'garbage', 'status', 'empty', 'none'] as const

/**
 * Reads one fault: `status:429`, `status:503:2` (Retry-After of 2 s), `status:429-spend` (budget exhausted, never a Retry-After), `cut-after:20`, `chaos`…
 * Throws a `SyntaxError` that names the text when it is none. `seed` decides what `chaos` turns into.
 */
export function parseFault(text: string, seed = 1): Fault | undefined {
  if (text === 'chaos') return chaos(seed)
  const [name = '', ...numbers] = text.split(':')
  const [first, second] = numbers.map((part) => count(part.replace(/-spend$/, ''), text))
  const plain = plainKinds.find((kind) => kind === name)
  if (plain !== undefined && first === undefined) return { kind: plain }
  const broken = breakKinds.find((kind) => kind === name)
  if (broken !== undefined && (first !== undefined || broken === 'garbage')) {
    return { kind: broken, after: first ?? 0 }
  }
  if (name === 'ping') return { kind: 'ping', every: Math.max(1, first ?? 1) }
  if (first === undefined) throw unknownFault(text)
  if (name === 'slow-headers') return { kind: name, ms: first }
  if (name === 'huge-event') return { kind: name, bytes: first }
  if (name === 'status' && first >= 400 && first < 600) {
    return { kind: name, status: first, spend: numbers[0]?.endsWith('-spend') === true, retryAfterS: second }
  }
  throw unknownFault(text)
}

/** Reads all faults of a script; `chaos` may turn out to be none at all. */
export function parseFaults(texts: readonly string[], seed?: number): Fault[] {
  return texts.map((text) => parseFault(text, seed)).filter((fault) => fault !== undefined)
}

function chaos(seed: number): Fault | undefined {
  const kind = chaosKinds[mix(seed, 1) % chaosKinds.length] ?? 'none'
  if (kind === 'none') return undefined
  if (kind === 'empty') return { kind }
  if (kind === 'status') {
    const status = [429, 500, 503, 529][mix(seed, 2) % 4] ?? 500
    return { kind, status, spend: false, retryAfterS: status === 429 ? 1 : undefined }
  }
  return { kind, after: mix(seed, 3) % 30 }
}

function count(part: string, text: string): number {
  if (!/^\d{1,9}$/.test(part)) throw unknownFault(text)
  return Number(part)
}

function unknownFault(text: string): SyntaxError {
  return new SyntaxError(`no such fault: ${text}`)
}
