import { z } from 'zod'
import { id, text, timestamp } from './common.ts'

export const presetStyles = ['normal', 'learning', 'concise', 'explanatory', 'formal'] as const

/** A preset's name or the id of a custom style. */
export const styleRef = z.union([z.enum(presetStyles), id])

export const conversationSettings = z.object({
  /** Extended thinking, where the model has it. */
  thinking: z.boolean().default(false),
})

export const conversation = z
  .object({
    id,
    title: z.string(),
    /** Where the title came from: a person's title is never overwritten. */
    titleSource: z.enum(['none', 'model', 'person', 'import']),
    model: z.string().nullable(),
    style: styleRef,
    settings: conversationSettings,
    pinned: z.boolean(),
    archived: z.boolean(),
    /** A run is queued or streaming. */
    running: z.boolean(),
    createdAt: timestamp,
    /** Of the newest message; the list's order. */
    updatedAt: timestamp,
    version: z.number().int(),
  })
  .meta({ id: 'Conversation' })
export type Conversation = z.infer<typeof conversation>

export const style = z
  .object({ id: styleRef, name: z.string(), instructions: z.string(), preset: z.boolean() })
  .meta({ id: 'Style' })
export type Style = z.infer<typeof style>

export const styleBody = z.object({ name: text(60, 1), instructions: text(8000, 1) })
