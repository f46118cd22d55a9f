import { presetStyles, type ComposedPrompt } from '@atrium/contract'
import type { AssistantPart, Message, UserPart } from '@atrium/wire'
import type { Files } from '#modules/files'
import type { AnswerSettings } from '#modules/identity'
import type { ReplyPart, RoutedRequest } from '#modules/models'
import type { Database, Tx } from '#platform/db'
import type { InstructionSection, RunRow, StoredPart } from './rows.ts'
import { chatErrors } from './errors.ts'
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
    from: { settings: AnswerSettings; personId: string; style: string },
  ): Promise<InstructionSection[]>
  /** What is said down to a message, itself included: the newest 2000 messages or eight megabytes of it. */
  said(tx: Tx, parentId: string | null): Promise<SaidRow[]>
  /** `said` is the path that the run answers, when whoever started it has it at hand. */
  build(run: RunRow, said?: readonly SaidRow[]): Promise<Prompt>
  /** The same for people to look at. */
  describe(tx: Tx, run: RunRow): Promise<Omit<ComposedPrompt, 'reason'>>
}

/**
 * Longest path that is sent: of a longer one the newest messages, so that no answer needs more memory than this. Two
 * million tokens, the largest context that is offered, are about eight megabytes.
 */
const longestPath = { limit: 2000, maxBytes: 8_000_000 }

export function createPromptBuilder({ db, files }: { db: Database; files: Files }): PromptBuilder {
  return {
    sections: async (tx, { settings, personId, style }) => {
      const all: InstructionSection[] = [
        { source: 'workspace', text: settings.workspaceInstructions },
        { source: 'style', text: await styleInstructions(tx, personId, style) },
        { source: 'personal', text: settings.personalInstructions },
      ]
      return all.filter((section) => section.text.trim() !== '')
    },
    said: (tx, parentId) => readPath(tx, parentId),
    build: async (run, said) => {
      const { path, continued } =
        said && !run.request.continues
          ? { path: said, continued: undefined }
          : await db.readWorkspace(run.workspace_id, (tx) => materials(tx, run))
      const contents = await readFiles(path, (fileId) => files.read(run.workspace_id, fileId))
      const messages = path.map((row) => toNeutral(row, contents))
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

const readPath = async (tx: Tx, parentId: string | null): Promise<SaidRow[]> =>
  parentId ? readSaid(tx, parentId, longestPath) : []

async function materials(tx: Tx, run: RunRow): Promise<{ path: SaidRow[]; continued: SaidRow | undefined }> {
  const path = await readPath(tx, run.parent_id)
  const { continues } = run.request
  const continued = continues ? (await readSaid(tx, continues, { limit: 1, maxBytes: 0 }))[0] : undefined
  return { path, continued }
}

/** The plain text of a message. */
export const textOf = (content: readonly StoredPart[]): string =>
  content.map((part) => (part.type === 'text' ? part.text : '')).join('')

/** Most bytes of files that one request carries; they are in memory several times over while it is sent. */
const maxFileBytes = 48 * 1024 * 1024

/**
 * Reads each file of a path once.
 * @throws AppError 413 when they are too large together
 */
async function readFiles(
  path: readonly SaidRow[],
  read: (fileId: string) => Promise<Uint8Array>,
): Promise<Map<string, Buffer>> {
  const mentions = path.flatMap(({ content }) => content.filter((part) => part.type === 'file'))
  // A file that is named twice is sent twice.
  const total = mentions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (total > maxFileBytes) throw chatErrors.tooManyFiles()
  const contents = new Map<string, Buffer>()
  for (const id of new Set(mentions.map(({ fileId }) => fileId)))
    contents.set(id, Buffer.from(await read(id)))
  return contents
}

type Contents = ReadonlyMap<string, Buffer>

function toNeutral(row: SaidRow, contents: Contents): Message {
  if (row.role === 'assistant') return { role: 'assistant', content: row.content.flatMap(assistantPart) }
  return { role: 'user', content: row.content.flatMap((part) => userPart(part, contents)) }
}

function assistantPart(part: StoredPart): AssistantPart[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text }]
  // Thinking goes back only with what proves it to its provider.
  if (part.type === 'reasoning' && part.providerData) {
    return [{ type: 'reasoning', text: part.text, providerData: part.providerData }]
  }
  return []
}

function userPart(part: StoredPart, contents: Contents): UserPart[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text }]
  const bytes = part.type === 'file' ? contents.get(part.fileId) : undefined
  if (part.type !== 'file' || !bytes) return []
  if (part.mediaType.startsWith('image/')) {
    const data = bytes.toString('base64')
    return [{ type: 'image', source: { kind: 'base64', mimeType: part.mediaType, data } }]
  }
  return [{ type: 'text', text: `File "${part.name}":\n\n${bytes.toString('utf8')}` }]
}
