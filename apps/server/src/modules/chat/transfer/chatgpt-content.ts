import { z } from 'zod'
import { citationsOf, plainText, referring } from './chatgpt-citations.ts'
import { fileNote, type DraftPart } from './draft.ts'

const optionalText = z.string().nullish().catch(null)

/** Content of all kinds; each kind fills other members. */
const content = z.object({
  content_type: z.string(),
  parts: z.array(z.unknown()).nullish().catch(null),
  text: optionalText,
  language: optionalText,
  result: optionalText,
  title: optionalText,
  url: optionalText,
  name: optionalText,
  thoughts: z
    .array(z.object({ summary: optionalText, content: optionalText }))
    .nullish()
    .catch(null),
})

const metadata = referring.extend({
  is_visually_hidden_from_conversation: z.boolean().nullish().catch(null),
  model_slug: optionalText,
  finished_duration_sec: z.number().nullish().catch(null),
  attachments: z
    .array(z.object({ name: optionalText }))
    .nullish()
    .catch(null),
})
type Metadata = z.infer<typeof metadata>

/** A message of ChatGPT's export. */
export const message = z.object({
  author: z.object({ role: z.string(), name: optionalText }),
  recipient: optionalText,
  create_time: z.number().nullish().catch(null),
  content: content.nullish(),
  metadata: metadata.nullish().transform((value): Metadata => value ?? {}),
})
export type ChatGptMessage = z.infer<typeof message>
type Content = z.infer<typeof content>

/** Instructions and profile that the service adds; the person has not written or read them here. */
const contextTypes = new Set(['user_editable_context', 'model_editable_context'])

/**
 * What a message shows; nothing when it was hidden from the person.
 * @param openCall the tool call that a tool's message answers
 */
export function contentOf(source: ChatGptMessage, id: string, openCall: string | undefined): DraftPart[] {
  const { content: body, metadata: meta } = source
  if (!body || meta.is_visually_hidden_from_conversation || contextTypes.has(body.content_type)) return []
  switch (source.author.role) {
    case 'user':
      return textParts([bodyText(body), ...fileNames(meta)])
    case 'assistant':
      return answerParts(source, body, id)
    case 'tool':
      return resultParts(source, body, id, openCall)
    default:
      return []
  }
}

const textParts = (texts: readonly string[]): DraftPart[] => {
  const text = texts.filter((one) => one.trim() !== '').join('\n\n')
  return text === '' ? [] : [{ type: 'text', text }]
}

const fileNames = (meta: Metadata): string[] =>
  (meta.attachments ?? []).map((file) => fileNote(file.name ?? ''))

function answerParts({ recipient, metadata: meta }: ChatGptMessage, body: Content, id: string): DraftPart[] {
  if (body.content_type === 'thoughts')
    return [{ type: 'reasoning', text: thoughtsText(body), durationMs: null }]
  if (body.content_type === 'reasoning_recap') {
    const seconds = meta.finished_duration_sec
    return typeof seconds === 'number'
      ? [{ type: 'reasoning', text: '', durationMs: Math.round(seconds * 1000) }]
      : []
  }
  if (recipient && recipient !== 'all') {
    return [{ type: 'tool_call', callId: id, name: recipient, input: inputOf(bodyText(body)) }]
  }
  if (body.content_type === 'code') return textParts([fenced(body.text ?? '', body.language ?? '')])
  return [...textParts([plainText(bodyText(body), meta)]), ...citationsOf(meta)]
}

function resultParts(
  source: ChatGptMessage,
  body: Content,
  id: string,
  openCall: string | undefined,
): DraftPart[] {
  const output = [bodyText(body), ...fileNames(source.metadata)].filter(Boolean).join('\n\n')
  if (output.trim() === '') return []
  const name = source.author.name ?? 'tool'
  return [
    {
      type: 'tool_result',
      callId: openCall ?? id,
      name,
      output,
      isError: body.content_type === 'system_error',
    },
  ]
}

const thoughtsText = (body: Content): string =>
  (body.thoughts ?? [])
    .map((one) => [one.summary, one.content].filter(Boolean).join('\n\n'))
    .filter(Boolean)
    .join('\n\n')

/** Tools take JSON objects or plain text such as a program. */
function inputOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : { text }
  } catch {
    return { text }
  }
}

function fenced(text: string, language: string): string {
  if (text.trim() === '') return ''
  return `\`\`\`${language === 'unknown' ? '' : language}\n${text}\n\`\`\``
}

/** The text of a content of any kind. */
function bodyText(body: Content): string {
  const parts = (body.parts ?? []).map(partText)
  return [body.title, body.url, body.text, body.result, ...parts]
    .filter((one) => one && one.trim() !== '')
    .join('\n\n')
}

const part = z.object({ content_type: optionalText, text: optionalText })

/** Parts are texts, or objects that point to images and sound which are not in the file. */
function partText(value: unknown): string {
  if (typeof value === 'string') return value
  const known = part.safeParse(value)
  if (!known.success) return ''
  const { content_type: type, text } = known.data
  if (text) return text
  if (type?.startsWith('image')) return '[Image]'
  return type?.includes('audio') ? '[Audio]' : ''
}
