import { ConversationRefused, type ConversationDraft } from './draft.ts'

/** Most messages of one imported conversation. */
const maxMessages = 50_000
/** Most characters of one imported message, its tool calls included. */
const maxMessageChars = 4_000_000

const unstorable = 'It contains NUL characters or unpaired surrogates, which cannot be stored.'

/**
 * Nothing is cut or replaced to make a conversation fit: it comes in whole or not at all.
 * @throws ConversationRefused
 */
export function checkDraft(draft: ConversationDraft): void {
  const { messages } = draft.tree
  if (messages.length > maxMessages) {
    throw new ConversationRefused(
      `It has ${messages.length} messages; at most ${maxMessages} can be imported.`,
    )
  }
  if (charsOf([draft.title, draft.sourceId]) > 10_000)
    throw new ConversationRefused('Its title or id is too long.')
  for (const message of messages) {
    if (charsOf([message.sourceId, message.model, message.content, message.facts]) > maxMessageChars) {
      throw new ConversationRefused(`One of its messages is longer than ${maxMessageChars} characters.`)
    }
  }
}

/** Characters of all texts in a value, keys included. Depth is bounded by the reader of the file. */
function charsOf(value: unknown): number {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) throw new ConversationRefused(unstorable)
    return value.length
  }
  if (typeof value !== 'object' || value === null) return 0
  let chars = 0
  for (const [key, member] of Object.entries(value)) chars += charsOf(key) + charsOf(member)
  return chars
}

/** A text that a report can show: storable, one line, at most `max` characters. */
export function shown(text: string, max: number): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  return line.length <= max ? line : `${cut(line, max - 1)}…`
}

/** The beginning of a text, at most `max` UTF-16 code units, without half a character at its end. */
export function cut(text: string, max: number): string {
  const start = text.slice(0, max)
  return start.isWellFormed() ? start : start.slice(0, -1)
}
