import type { Message, UserPart } from '@atrium/wire'
import type { RoutedRequest } from '../types.ts'
import { passagesOfText, type Passage } from './passages.ts'
import { words } from './text.ts'

/** A text that came with a message. */
export interface Document {
  readonly name: string
  readonly text: string
}

/** What the guide makes of a request. */
export interface Conversation {
  /** What is asked now; empty when only files were sent. */
  readonly question: string
  /** Texts attached to the message that asks. */
  readonly attached: readonly Document[]
  /** Texts attached before, newest first. */
  readonly earlierDocuments: readonly Document[]
  /** What the person wrote before, newest first. */
  readonly earlierMessages: readonly string[]
  /** Text of an answer that is to go on; empty otherwise. */
  readonly begun: string
}

/** A text part longer than this is a document, not a question. */
const longestQuestion = 2000
/** Most text of a conversation that is searched, in characters. */
const searchedChars = 400_000
const mostPassages = 200

export function readConversation(request: RoutedRequest): Conversation {
  const messages = request.messages.filter((message) => message.role !== 'system')
  const last = messages.at(-1)
  const begun = last?.role === 'assistant' ? textOf(last) : ''
  const users = messages.filter((message) => message.role === 'user').toReversed()
  const [now, ...before] = users.map((message) => splitMessage(message.content))
  return {
    question: now?.question ?? '',
    attached: now?.documents ?? [],
    earlierDocuments: before.flatMap(({ documents }) => documents),
    earlierMessages: before.map(({ question }) => question).filter((question) => question !== ''),
    begun,
  }
}

/** Passages of a conversation that have a word in common with the question, newest text first, bounded in number and size. */
export function passagesOf(conversation: Conversation): Passage[] {
  const { attached, earlierDocuments, earlierMessages, question } = conversation
  const mentions = mentionTest(question)
  const passages: Passage[] = []
  let budget = searchedChars
  const add = (title: string, text: string): void => {
    const searched = text.slice(0, Math.max(0, budget))
    budget -= searched.length
    for (const passage of passagesOfText(title, searched)) {
      if (passages.length < mostPassages && mentions(passage.text))
        passages.push({ ...passage, id: passages.length })
    }
  }
  for (const { name, text } of [...attached, ...earlierDocuments]) add(name, text)
  for (const text of earlierMessages) add('Your earlier message', text)
  return passages
}

/** A cheap test before the index is built: any word of the question, by its first letters. */
function mentionTest(question: string): (text: string) => boolean {
  const beginnings = words(question.toLowerCase())
    .filter((word) => word.length > 2)
    .map((word) => word.slice(0, 5))
  return (text) => {
    const lower = text.toLowerCase()
    return beginnings.some((beginning) => lower.includes(beginning))
  }
}

function splitMessage(parts: readonly UserPart[]): { question: string; documents: Document[] } {
  const documents: Document[] = []
  const spoken: string[] = []
  for (const part of parts) {
    if (part.type === 'text') {
      const wrapped = unwrapFile(part.text)
      if (wrapped) documents.push(wrapped)
      else spoken.push(part.text)
    } else if (part.type === 'file') {
      const text = decodeText(part.source)
      if (text !== undefined) documents.push({ name: part.filename ?? 'the attached file', text })
    }
  }
  const question = spoken.pop() ?? ''
  documents.push(...spoken.map((text) => ({ name: 'your message', text })))
  if (question.length <= longestQuestion) return { question: question.trim(), documents }
  return splitLong(question, documents)
}

/** A long text with a question before or after it: the first or last line that asks is the question. */
function splitLong(text: string, documents: Document[]): { question: string; documents: Document[] } {
  const lines = text.trim().split('\n')
  const ends = [lines.at(-1) ?? '', lines[0] ?? ''].filter((line) => line.length <= 300)
  const question = ends.find((line) => line.trim().endsWith('?')) ?? ends[1] ?? ends[0] ?? ''
  return { question: question.trim(), documents: [...documents, { name: 'your message', text }] }
}

const fileForm = /^File "([^"\n]*)":\n\n([\s\S]*)$/

/** The form in which chat sends a text file inside a text part. */
function unwrapFile(text: string): Document | undefined {
  const match = fileForm.exec(text)
  return match ? { name: match[1] || 'the attached file', text: match[2] ?? '' } : undefined
}

function decodeText(source: {
  kind: string
  mimeType?: string | undefined
  data?: string
}): string | undefined {
  if (source.kind !== 'base64' || !source.mimeType?.startsWith('text/') || source.data === undefined)
    return undefined
  return Buffer.from(source.data, 'base64').toString('utf8')
}

function textOf(message: Message): string {
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
