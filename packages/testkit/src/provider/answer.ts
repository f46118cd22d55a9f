import type { Fault } from './faults.ts'
import type { Json } from './json.ts'
import { isRecord } from './json.ts'
import { echoOf, toolRoundsDone, type Received } from './received.ts'
import type { Script } from './script.ts'
import { estimateTokens, pieces, wordAt } from './tokens.ts'

export interface ToolCall {
  /** Unique within a conversation, without any dialect's prefix. */
  readonly id: string
  readonly index: number
  readonly name: string
  readonly args: Json
}

/** One output token. A tool call's JSON comes in fragments, of which the first and the last are marked. */
export type Step =
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'tool'
      readonly call: ToolCall
      readonly text: string
      readonly first: boolean
      readonly last: boolean
    }

/** Token counts kept apart; every dialect sums them its own way. */
export interface Usage {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly text: number
  readonly reasoning: number
}

/** Everything a dialect needs to write an answer, streamed or whole. */
export interface Answer {
  /** Hexadecimal and unique per call; dialects put their prefix before it. */
  readonly id: string
  readonly createdAtMs: number
  readonly received: Received
  /** Number of steps, after cutting at the request's token limit. */
  readonly size: number
  readonly stepAt: (index: number) => Step
  readonly stop: string
  readonly usage: Usage | undefined
}

/** An answer gathered into whole values, for replies that are not streamed. */
export interface WholeAnswer {
  readonly reasoning: string
  readonly text: string
  readonly calls: readonly ToolCall[]
}

interface Section {
  readonly size: number
  readonly at: (index: number) => Step
}

const defaultTokens = 24
const fragmentSize = 7

/** Turns a script and a request into an answer. `serial` makes its ids unique. */
export function composeAnswer(
  script: Script,
  faults: readonly Fault[],
  received: Received,
  serial: number,
  nowMs: number,
): Answer {
  const id = serial.toString(16).padStart(24, '0')
  const calls = toolCalls(script, received, id)
  const reasoning = reasoningSection(script)
  const text = textSection(script, faults, received, calls.length > 0)
  const sections = [reasoning, text, toolSection(calls)]
  const whole = sections.reduce((sum, section) => sum + section.size, 0)
  const size = Math.min(whole, received.maxTokens ?? whole)
  const thought = Math.min(size, reasoning.size)
  const natural = size < whole ? 'length' : calls.length > 0 ? 'tool-calls' : 'stop'
  const reported = !faults.some((fault) => fault.kind === 'no-usage')
  return {
    id,
    createdAtMs: nowMs,
    received,
    size,
    stepAt: (index) => stepIn(sections, index),
    stop: script.stop ?? natural,
    usage: reported ? usageOf(script, received, size - thought, thought) : undefined,
  }
}

/** Gathers the first `count` steps of an answer; a call whose input was cut off is left out. */
export function gather(answer: Answer, count = answer.size): WholeAnswer {
  let reasoning = ''
  let text = ''
  const calls: ToolCall[] = []
  for (let index = 0; index < count; index += 1) {
    const step = answer.stepAt(index)
    if (step.kind === 'reasoning') reasoning += step.text
    else if (step.kind === 'text') text += step.text
    else if (step.last) calls.push(step.call)
  }
  return { reasoning, text, calls }
}

function stepIn(sections: readonly Section[], index: number): Step {
  let rest = index
  for (const section of sections) {
    if (rest < section.size) return section.at(rest)
    rest -= section.size
  }
  throw new RangeError(`no step ${index}`)
}

function reasoningSection(script: Script): Section {
  const seed = script.seed ?? 1
  return {
    size: script.reasoning ?? 0,
    at: (index) => ({ kind: 'reasoning', text: wordAt(index, seed, 't') }),
  }
}

function textSection(
  script: Script,
  faults: readonly Fault[],
  received: Received,
  callsTools: boolean,
): Section {
  const seed = script.seed ?? 1
  const huge = faults.find((fault) => fault.kind === 'huge-event')
  const given = script.echo === true ? JSON.stringify(echoOf(received)) : script.text
  const list = given === undefined ? undefined : pieces(given)
  const size = list?.length ?? script.tokens ?? (callsTools ? 0 : defaultTokens)
  const word = (index: number): string => list?.[index] ?? wordAt(index, seed)
  if (huge === undefined) return { size, at: (index) => ({ kind: 'text', text: word(index) }) }
  const first = 'x'.repeat(huge.bytes)
  return { size: size + 1, at: (index) => ({ kind: 'text', text: index === 0 ? first : word(index - 1) }) }
}

function toolSection(calls: readonly ToolCall[]): Section {
  const steps = calls.flatMap((call) => {
    const parts = pieces(JSON.stringify(call.args), fragmentSize)
    return parts.map((text, index): Step => {
      return { kind: 'tool', call, text, first: index === 0, last: index === parts.length - 1 }
    })
  })
  return { size: steps.length, at: (index) => steps[index] ?? { kind: 'text', text: '' } }
}

function toolCalls(script: Script, received: Received, id: string): ToolCall[] {
  if (toolRoundsDone(received) >= (script.toolRounds ?? 1)) return []
  const wanted = script.toolCalls ?? []
  const list = typeof wanted === 'number' ? Array.from({ length: wanted }, () => ({})) : wanted
  return list.map((call: { name?: string; args?: Json }, index) => {
    const tool = received.tools[index % Math.max(1, received.tools.length)]
    const name = call.name ?? tool?.name ?? 'fake_tool'
    const schema = received.tools.find((candidate) => candidate.name === name)?.schema ?? {}
    return { id: `${id.slice(-12)}${index}`, index, name, args: call.args ?? fillRequired(schema) }
  })
}

const fillers: Record<string, unknown> = { string: 'w0', number: 1, integer: 1, boolean: true, array: [] }

/** The smallest arguments that a JSON schema accepts at its top level. */
function fillRequired(schema: Json): Json {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : []
  return Object.fromEntries(required.map((name) => [name, fillOne(properties[name])]))
}

function fillOne(schema: unknown): unknown {
  if (!isRecord(schema)) return 'w0'
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  const type = String(schema['type']).toLowerCase()
  return type === 'object' ? fillRequired(schema) : (fillers[type] ?? 'w0')
}

function usageOf(script: Script, received: Received, text: number, reasoning: number): Usage {
  const prompt = received.system + received.turns.map((turn) => turn.text).join('')
  const given = script.usage ?? {}
  return {
    input: given.input ?? estimateTokens(prompt),
    cacheRead: given.cacheRead ?? 0,
    cacheWrite5m: given.cacheWrite5m ?? 0,
    cacheWrite1h: given.cacheWrite1h ?? 0,
    text,
    reasoning,
  }
}
