import { presetStyles, type ComposedPrompt } from '@atrium/contract'
import type { AssistantPart, Message, UserPart } from '@atrium/wire'
import type { Files } from '#modules/files'
import type { Identity } from '#modules/identity'
import type { ReplyPart, RoutedRequest } from '#modules/models'
import type { Database, Tx } from '#platform/db'
import type { InstructionSection, RunRow, StoredPart } from './rows.ts'
import { presetInstructions } from './styles.ts'
import { findStyle } from './style-store.ts'
import { readSaid, type SaidRow } from './views.ts'

/** What a run sends to its model. */
export interface Prompt {
  readonly request: RoutedRequest
  /** What the answer begins with before the model adds anything: the text that is being continued. */
  readonly prefix: readonly ReplyPart[]
}

export interface PromptBuilder {
  /** Instructions for a new turn, in the order workspace → style → personal. */
  sections(
    tx: Tx,
    /** `instructions` are the workspace's. */
    at: { instructions: string; personId: string; style: string },
  ): Promise<InstructionSection[]>
  build(run: RunRow): Promise<Prompt>
  /** The same for people to look at. */
  describe(tx: Tx, run: RunRow): Promise<Omit<ComposedPrompt, 'reason'>>
}

/** Longest path that is sent, in messages. */
const pathLimit = 2000

export function createPromptBuilder(options: {
  db: Database
  identity: Identity
  files: Files
}): PromptBuilder {
  const { db, identity, files } = options
  return {
    sections: async (tx, { instructions, personId, style }) => {
      const person = await identity.person(tx, personId)
      const styleText = await styleInstructions(tx, personId, style)
      const all: InstructionSection[] = [
        { source: 'workspace', text: instructions },
        { source: 'style', text: styleText },
        { source: 'personal', text: person.instructions },
      ]
      return all.filter((section) => section.text.trim() !== '')
    },
    build: async (run) => {
      const { path, continued } = await db.readWorkspace(run.workspace_id, (tx) => materials(tx, run))
      const read = (fileId: string) => files.read(run.workspace_id, fileId)
      const messages: Message[] = []
      for (const row of path) messages.push(await toNeutral(row, read))
      const partial = continued ? textOf(continued.content) : ''
      if (partial) messages.push({ role: 'assistant', content: [{ type: 'text', text: partial }] })
      const system = run.request.sections.map((section) => section.text).join('\n\n')
      return {
        request: {
          stream: true,
          messages: messages.filter((message) => message.content.length > 0),
          ...(system ? { system: [{ type: 'text', text: system }] } : {}),
          ...(run.request.thinking ? { thinking: { enabled: true, effort: 'medium' } } : {}),
        },
        prefix: partial ? [{ type: 'text-delta', id: 'continued', delta: partial }] : [],
      }
    },
    describe: async (tx, run) => {
      const { path, continued } = await materials(tx, run)
      const sections = [...run.request.sections]
      if (continued) sections.push({ source: 'continuation', text: textOf(continued.content) })
      return {
        model: run.model,
        sections,
        messages: path.map((row) => ({ role: row.role, text: textOf(row.content) })),
      }
    },
  }
}

async function styleInstructions(tx: Tx, personId: string, style: string): Promise<string> {
  const preset = presetStyles.find((name) => name === style)
  if (preset) return presetInstructions[preset]
  return (await findStyle(tx, personId, style))?.instructions ?? ''
}

async function materials(tx: Tx, run: RunRow): Promise<{ path: SaidRow[]; continued: SaidRow | undefined }> {
  const path = run.parent_id ? await readSaid(tx, run.parent_id, pathLimit) : []
  const { continues } = run.request
  const continued = continues ? (await readSaid(tx, continues, 1))[0] : undefined
  return { path, continued }
}

/** The plain text of a message. */
export const textOf = (content: readonly StoredPart[]): string =>
  content.map((part) => (part.type === 'text' ? part.text : '')).join('')

type Read = (fileId: string) => Promise<Uint8Array>

async function toNeutral(row: SaidRow, read: Read): Promise<Message> {
  if (row.role === 'assistant') return { role: 'assistant', content: row.content.flatMap(assistantPart) }
  const parts = await Promise.all(row.content.map((part) => userPart(part, read)))
  return { role: 'user', content: parts.flat() }
}

function assistantPart(part: StoredPart): AssistantPart[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text }]
  // Thinking goes back only with what proves it to its provider.
  if (part.type === 'reasoning' && part.providerData) {
    return [{ type: 'reasoning', text: part.text, providerData: part.providerData }]
  }
  return []
}

async function userPart(part: StoredPart, read: Read): Promise<UserPart[]> {
  if (part.type === 'text') return [{ type: 'text', text: part.text }]
  if (part.type !== 'file') return []
  const bytes = Buffer.from(await read(part.fileId))
  if (part.mediaType.startsWith('image/')) {
    return [
      { type: 'image', source: { kind: 'base64', mimeType: part.mediaType, data: bytes.toString('base64') } },
    ]
  }
  return [{ type: 'text', text: `File "${part.name}":\n\n${bytes.toString('utf8')}` }]
}
