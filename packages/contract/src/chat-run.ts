import { z } from 'zod'
import { id, nanoUsd, timestamp } from './common.ts'
import { message, runError, usage } from './chat-message.ts'

export const runStatus = z.enum(['queued', 'running', 'completed', 'stopped', 'interrupted', 'failed'])

export const run = z
  .object({
    id,
    conversationId: id,
    assistantMessageId: id,
    parentId: id.nullable(),
    status: runStatus,
    model: z.string(),
    /** Number of the last committed event. */
    lastSequence: z.number().int(),
    traceId: z.string(),
    createdAt: timestamp,
    endedAt: timestamp.nullable(),
  })
  .meta({ id: 'Run' })
export type Run = z.infer<typeof run>

/** What Stop answers: what was spent. */
export const stopReceipt = z.object({
  runId: id,
  status: runStatus,
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  costNanoUsd: nanoUsd.nullable(),
  estimated: z.boolean(),
})
export type StopReceipt = z.infer<typeof stopReceipt>

/**
 * The events of a run, in order. The SSE `id:` is the sequence number, `event:` the type, `data:` this object.
 * Every stream ends with exactly one of `turn_completed`, `turn_stopped`, `turn_interrupted`, `turn_failed`.
 */
export const runEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('turn_started'),
    runId: id,
    conversationId: id,
    /** The message as stored; null for regenerate and continue. */
    userMessage: message.nullable(),
    assistantMessageId: id,
    parentId: id.nullable(),
    model: z.string(),
    /** The message was sent from a leaf that had moved on: it began a branch. */
    branched: z.boolean(),
    traceId: z.string(),
    requestId: z.string(),
  }),
  z.object({ type: z.literal('reasoning_delta'), text: z.string() }),
  z.object({ type: z.literal('text_delta'), text: z.string() }),
  z.object({ type: z.literal('tool_call_started'), callId: z.string(), name: z.string() }),
  z.object({ type: z.literal('tool_call_delta'), callId: z.string(), inputText: z.string() }),
  z.object({ type: z.literal('tool_call_ended'), callId: z.string(), name: z.string(), input: z.unknown() }),
  z.object({
    type: z.literal('tool_result'),
    callId: z.string(),
    name: z.string(),
    output: z.string(),
    isError: z.boolean(),
  }),
  z.object({
    type: z.literal('citation'),
    index: z.number().int(),
    title: z.string(),
    url: z.string().nullable(),
    snippet: z.string(),
  }),
  z.object({ type: z.literal('usage'), usage, costNanoUsd: nanoUsd.nullable() }),
  z.object({ type: z.literal('turn_completed'), message }),
  z.object({ type: z.literal('turn_stopped'), message, receipt: stopReceipt }),
  z.object({ type: z.literal('turn_interrupted'), message, error: runError }),
  z.object({ type: z.literal('turn_failed'), message, error: runError }),
  /** The server is going away: reconnect with `Last-Event-ID`. Not stored, has no id. */
  z.object({ type: z.literal('reconnect') }),
  /** The caller may not read this any more: the last event. Not stored, has no id. */
  z.object({ type: z.literal('revoked') }),
])
export type RunEvent = z.infer<typeof runEvent>

export const terminalEvents = ['turn_completed', 'turn_stopped', 'turn_interrupted', 'turn_failed'] as const
