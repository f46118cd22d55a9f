import { parseFault, type FaultText } from './faults.ts'
import { isRecord } from './json.ts'

/** One tool call the fake makes; without `args` it fills what the tool's schema requires. */
export interface ToolCallScript {
  /** Defaults to a tool of the request, in turn. */
  name?: string
  args?: Record<string, unknown>
}

/** Counts to report instead of the computed ones. `input` is uncached input; sums are each dialect's business. */
export interface UsageScript {
  input?: number
  cacheRead?: number
  cacheWrite5m?: number
  cacheWrite1h?: number
}

const splitModes = ['utf8', 'events', 'bytes'] as const
/** Where to cut the byte stream: inside characters, inside events, or every few bytes. */
export type SplitMode = (typeof splitModes)[number]

/** What an answer looks like. Everything is optional; layers are merged, the more specific one winning. */
export interface Script {
  /** Number of text tokens: `w0 `, `w1 `… Ignored when `text` or `echo` is given. */
  tokens?: number
  text?: string
  /** Answer with a JSON account of what arrived, see `Echo`. */
  echo?: boolean
  /** Tokens per second; 0 is as fast as the reader takes them. */
  rate?: number
  /** Wait between the headers and the first token, in milliseconds. */
  ttftMs?: number
  /** Decides the words' endings, where bytes are split, and what `chaos` means. */
  seed?: number
  /** Number of reasoning tokens before the text. */
  reasoning?: number
  /** Calls to make after the text, all in one turn; a number makes as many from the request's tools. */
  toolCalls?: number | readonly ToolCallScript[]
  /** How many times tools are called for one user message before plain text answers it (1). */
  toolRounds?: number
  usage?: UsageScript
  /** A unified name (`stop`, `length`, `tool-calls`, `content-filter`, `refusal`, `pause`) or any raw spelling. */
  stop?: string
  split?: SplitMode
  fault?: FaultText | readonly FaultText[]
  /** Faults strike only the first `times` calls that carry the same last user message. */
  times?: number
  /** Faults strike only calls for this model (the name up to any `+`). */
  on?: string
}

/** A script that does not parse; its message says where. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
}

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1e9
const isText = (value: unknown): boolean => typeof value === 'string'

const checks: Record<keyof Script, (value: unknown) => boolean> = {
  tokens: isCount,
  text: isText,
  echo: (value) => typeof value === 'boolean',
  rate: isCount,
  ttftMs: isCount,
  seed: isCount,
  reasoning: isCount,
  toolCalls: (value) => isCount(value) || (Array.isArray(value) && value.every(isRecord)),
  toolRounds: isCount,
  usage: (value) => isRecord(value) && Object.values(value).every(isCount),
  stop: isText,
  split: (value) => splitModes.some((mode) => mode === value),
  fault: (value) => [value].flat().every((text) => typeof text === 'string' && isFault(text)),
  times: isCount,
  on: isText,
}

/** Checks a script that came from outside. Throws a `ScriptError` naming the first field that is wrong. */
export function readScript(value: unknown): Script {
  if (!isRecord(value)) throw new ScriptError('a script is an object')
  for (const [key, member] of Object.entries(value)) {
    if (!isField(key)) throw new ScriptError(`no such script field: ${key}`)
    if (!checks[key](member)) throw new ScriptError(`bad value for ${key}: ${JSON.stringify(member)}`)
  }
  return value
}

/** The faults of a script as a list. */
export function faultTexts(script: Script): readonly FaultText[] {
  return script.fault === undefined ? [] : [script.fault].flat()
}

function isField(key: string): key is keyof Script {
  return Object.hasOwn(checks, key)
}

function isFault(text: string): boolean {
  try {
    parseFault(text)
    return true
  } catch {
    return false
  }
}
