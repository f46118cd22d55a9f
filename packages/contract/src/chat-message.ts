import { z } from 'zod'
import { id, nanoUsd, text, timestamp, TEXT_LIMIT } from './common.ts'

/** What a person writes: text and files. */
export const userPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: text(TEXT_LIMIT, 1) }),
  z.object({ type: z.literal('file'), fileId: id }),
])
export type UserPart = z.infer<typeof userPart>
export const userContent = z.array(userPart).min(1).max(32)

/** What a message is made of, in order. */
export const contentPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('reasoning'), text: z.string(), durationMs: z.number().int().nullable() }),
  z.object({ type: z.literal('tool_call'), callId: z.string(), name: z.string(), input: z.unknown() }),
  z.object({
    type: z.literal('tool_result'),
    callId: z.string(),
    name: z.string(),
    output: z.string(),
    isError: z.boolean(),
  }),
  z.object({
    type: z.literal('file'),
    fileId: id,
    name: z.string(),
    mediaType: z.string(),
    sizeBytes: z.number().int(),
  }),
  z.object({
    type: z.literal('citation'),
    index: z.number().int(),
    title: z.string(),
    url: z.string().nullable(),
    snippet: z.string(),
  }),
])
export type ContentPart = z.infer<typeof contentPart>

/** Tokens by kind; sums are derived, never stored. */
export const usage = z
  .object({
    input: z.object({
      uncached: z.number().int(),
      cacheRead: z.number().int(),
      cacheWrite5m: z.number().int(),
      cacheWrite1h: z.number().int(),
    }),
    output: z.object({ text: z.number().int(), reasoning: z.number().int() }),
    /** The provider did not report it: counted from what was seen. */
    estimated: z.boolean(),
  })
  .meta({ id: 'Usage' })
export type Usage = z.infer<typeof usage>

/** Why a run failed or was interrupted, in words for the person who reads it. */
export const runError = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  requestId: z.string().nullable(),
})
export type RunError = z.infer<typeof runError>

/** `streaming` is an assistant message whose run has not ended. */
export const messageStatus = z.enum(['complete', 'streaming', 'stopped', 'interrupted', 'failed'])

export const message = z
  .object({
    id,
    /** Null for the first message of a conversation. */
    parentId: id.nullable(),
    role: z.enum(['user', 'assistant']),
    author: z.object({ id, name: z.string() }).nullable(),
    content: z.array(contentPart),
    status: messageStatus,
    model: z.string().nullable(),
    runId: id.nullable(),
    usage: usage.nullable(),
    /** Null when the price is unknown. */
    costNanoUsd: nanoUsd.nullable(),
    /** Milliseconds from the request to the first and to the last token. */
    timing: z.object({ firstTokenMs: z.number().int().nullable(), totalMs: z.number().int() }).nullable(),
    traceId: z.string().nullable(),
    error: runError.nullable(),
    /** This person's rating. */
    rating: z.enum(['up', 'down']).nullable(),
    siblings: z.object({
      /** Zero-based place among the messages with the same parent. */
      index: z.number().int(),
      count: z.number().int(),
      previousId: id.nullable(),
      nextId: id.nullable(),
    }),
    createdAt: timestamp,
  })
  .meta({ id: 'Message' })
export type Message = z.infer<typeof message>
