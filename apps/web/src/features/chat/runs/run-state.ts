import type { Message, RunError, RunEvent, StopReceipt, Usage } from '@atrium/contract'
import {
  type Answer,
  type AnswerPart,
  answerOf,
  type Citation,
  finishedTool,
  inputText,
  startedTool,
  type ToolPart,
} from './answer-parts.ts'

/** One generation as this tab knows it. Immutable: every change is a new object. */
export interface RunState extends Answer {
  readonly runId: string
  readonly conversationId: string
  readonly assistantMessageId: string
  readonly phase: 'queued' | 'running' | 'ended'
  readonly connection: 'connecting' | 'open' | 'lost' | 'refused'
  /** Number of the last event that was applied. */
  readonly lastSequence: number
  readonly model: string
  readonly branched: boolean
  readonly requestId: string | null
  readonly usage: Usage | null
  readonly costNanoUsd: string | null
  /** When the reasoning that still goes on began, by this tab's clock. */
  readonly reasoningSinceMs: number | null
  /** The stored answer, once the run has ended. */
  readonly message: Message | null
  readonly error: RunError | null
  readonly receipt: StopReceipt | null
}

export interface RunIdentity {
  readonly runId: string
  readonly conversationId: string
  readonly assistantMessageId: string
  readonly model: string
  readonly status?: string
}

export const initialRun = (run: RunIdentity): RunState => ({
  runId: run.runId,
  conversationId: run.conversationId,
  assistantMessageId: run.assistantMessageId,
  phase: run.status === 'queued' ? 'queued' : 'running',
  connection: 'connecting',
  lastSequence: 0,
  model: run.model,
  branched: false,
  requestId: null,
  usage: null,
  costNanoUsd: null,
  reasoningSinceMs: null,
  parts: [],
  citations: [],
  message: null,
  error: null,
  receipt: null,
})

/**
 * Applies one event exactly once: those at or below the last applied number are ignored.
 * `sequence` is null for events that have no number (`reconnect`).
 */
export function applyEvent(
  state: RunState,
  event: RunEvent,
  sequence: number | null,
  nowMs: number,
): RunState {
  if (sequence === null || sequence <= state.lastSequence || state.phase === 'ended') return state
  const next = reduce(closeReasoning(state, event, nowMs), event, nowMs)
  return { ...next, lastSequence: sequence }
}

function reduce(state: RunState, event: RunEvent, nowMs: number): RunState {
  switch (event.type) {
    case 'turn_started':
      return {
        ...state,
        phase: 'running',
        model: event.model,
        branched: event.branched,
        requestId: event.requestId,
      }
    case 'text_delta':
      return { ...state, parts: appendText(state.parts, 'text', event.text) }
    case 'reasoning_delta':
      return {
        ...state,
        parts: appendText(state.parts, 'reasoning', event.text),
        reasoningSinceMs: state.reasoningSinceMs ?? nowMs,
      }
    case 'tool_call_started':
    case 'tool_call_delta':
    case 'tool_call_ended':
    case 'tool_result':
      return { ...state, parts: applyTool(state.parts, event) }
    case 'citation':
      return { ...state, citations: [...state.citations, citationOf(event)] }
    case 'usage':
      return { ...state, usage: event.usage, costNanoUsd: event.costNanoUsd }
    case 'turn_completed':
      return ended(state, event.message)
    case 'turn_stopped':
      return { ...ended(state, event.message), receipt: event.receipt }
    case 'turn_interrupted':
    case 'turn_failed':
      return { ...ended(state, event.message), error: event.error }
    case 'reconnect':
    case 'revoked':
      return state
    default:
      return event satisfies never
  }
}

const citationOf = ({ index, title, url, snippet }: Citation): Citation => ({ index, title, url, snippet })

const ended = (state: RunState, message: Message): RunState => ({
  ...state,
  ...answerOf(message.content),
  phase: 'ended',
  message,
  usage: message.usage,
  costNanoUsd: message.costNanoUsd,
})

function appendText(parts: readonly AnswerPart[], type: 'text' | 'reasoning', text: string): AnswerPart[] {
  const last = parts.at(-1)
  if (last?.type === type) return [...parts.slice(0, -1), { ...last, text: last.text + text }]
  return [...parts, type === 'text' ? { type, text } : { type, text, durationMs: null }]
}

/** Reasoning has lasted until the first other event. */
function closeReasoning(state: RunState, event: RunEvent, nowMs: number): RunState {
  if (state.reasoningSinceMs === null || event.type === 'reasoning_delta' || event.type === 'usage')
    return state
  const durationMs = nowMs - state.reasoningSinceMs
  const at = state.parts.findLastIndex((part) => part.type === 'reasoning')
  const parts = state.parts.map((part, index) => (index === at ? { ...part, durationMs } : part))
  return { ...state, parts, reasoningSinceMs: null }
}

type ToolEvent = Extract<
  RunEvent,
  { type: 'tool_call_started' | 'tool_call_delta' | 'tool_call_ended' | 'tool_result' }
>

function applyTool(parts: readonly AnswerPart[], event: ToolEvent): AnswerPart[] {
  const at = parts.findIndex((part) => part.type === 'tool' && part.callId === event.callId)
  const found = parts[at]
  const name = 'name' in event ? event.name : ''
  const call = found?.type === 'tool' ? found : startedTool(event.callId, name, '', 'pending')
  const next = changedTool(call, event)
  return at === -1 ? [...parts, next] : parts.with(at, next)
}

function changedTool(call: ToolPart, event: ToolEvent): ToolPart {
  switch (event.type) {
    case 'tool_call_started':
      return call
    case 'tool_call_delta':
      return { ...call, input: call.input + event.inputText }
    case 'tool_call_ended':
      return { ...call, name: event.name, input: inputText(event.input), state: 'running' }
    case 'tool_result':
      return finishedTool(call, event)
    default:
      return event satisfies never
  }
}
