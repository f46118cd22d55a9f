import type { Json } from './json.ts'

/** One turn of the conversation as it arrived, reduced to what scripts and assertions need. */
export interface ReceivedTurn {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
  readonly images: number
  readonly files: number
  readonly toolCalls: number
  readonly toolResults: number
}

export interface ReceivedTool {
  readonly name: string
  readonly schema: Json
}

/** A request that passed its dialect's validation. */
export interface Received {
  readonly model: string
  readonly stream: boolean
  readonly system: string
  readonly turns: readonly ReceivedTurn[]
  readonly tools: readonly ReceivedTool[]
  readonly maxTokens: number | undefined
  /** OpenAI sends usage in a stream only when asked. */
  readonly wantsUsage: boolean
  /** OpenAI Responses gives reasoning in replayable form only when asked. */
  readonly wantsEncryptedReasoning: boolean
  /** The tier that serves the call; undefined is the standard one. */
  readonly serviceTier?: string | undefined
}

/** What an `echo` answer holds, as JSON text. */
export interface Echo {
  model: string
  system: string
  roles: string
  messages: number
  images: number
  files: number
  toolCalls: number
  toolResults: number
  tools: string[]
  maxTokens: number | null
  lastUserText: string
}

/** The last user turn that says something; turns that only carry tool results are passed over. */
export function lastUserText(received: Received): string {
  return received.turns.findLast((turn) => turn.role === 'user' && turn.text !== '')?.text ?? ''
}

/** How many times tools were called since the last user turn that says something. */
export function toolRoundsDone(received: Received): number {
  const from = received.turns.findLastIndex((turn) => turn.role === 'user' && turn.text !== '')
  return received.turns.slice(from + 1).filter((turn) => turn.toolCalls > 0).length
}

/** Whether the call asks for a conversation title: short or unstreamed, and a title is spoken of. */
export function asksForTitle(received: Received): boolean {
  const small = !received.stream || (received.maxTokens ?? Infinity) <= 40
  return small && /\btitle\b/i.test(`${received.system} ${lastUserText(received)}`)
}

export function echoOf(received: Received): Echo {
  const sum = (pick: (turn: ReceivedTurn) => number): number =>
    received.turns.reduce((total, turn) => total + pick(turn), 0)
  return {
    model: received.model,
    system: received.system,
    roles: received.turns.map((turn) => turn.role[0]).join(''),
    messages: received.turns.length,
    images: sum((turn) => turn.images),
    files: sum((turn) => turn.files),
    toolCalls: sum((turn) => turn.toolCalls),
    toolResults: sum((turn) => turn.toolResults),
    tools: received.tools.map((tool) => tool.name),
    maxTokens: received.maxTokens ?? null,
    lastUserText: lastUserText(received),
  }
}
