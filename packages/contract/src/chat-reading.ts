import { z } from 'zod'
import { conversation } from './chat-conversation.ts'
import { id, timestamp } from './common.ts'

export const treeNode = z.object({
  id,
  parentId: id.nullable(),
  role: z.enum(['user', 'assistant']),
  /** First line, at most 120 characters. */
  preview: z.string(),
  model: z.string().nullable(),
  createdAt: timestamp,
})
export type TreeNode = z.infer<typeof treeNode>

export const searchHit = z.object({
  conversation,
  messageId: id.nullable(),
  /** Text around the match; matches stand between U+E000 and U+E001. */
  snippet: z.string(),
  rank: z.number(),
})
export type SearchHit = z.infer<typeof searchHit>

/** The instructions and messages that an answer was made from. */
export const composedPrompt = z.object({
  model: z.string(),
  sections: z.array(
    z.object({ source: z.enum(['workspace', 'style', 'personal', 'continuation']), text: z.string() }),
  ),
  messages: z.array(z.object({ role: z.enum(['user', 'assistant']), text: z.string() })),
  reason: z.unknown(),
})
export type ComposedPrompt = z.infer<typeof composedPrompt>

export const importReport = z.object({
  format: z.enum(['atrium', 'chatgpt', 'claude']),
  imported: z.number().int(),
  /** Already here from an earlier import. */
  skipped: z.number().int(),
  failed: z.array(z.object({ title: z.string(), reason: z.string() })),
})
export type ImportReport = z.infer<typeof importReport>
