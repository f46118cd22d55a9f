import type { ContentPart } from '@atrium/contract'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import type { Member } from '#platform/http'
import { chatErrors } from '../errors.ts'
import type { StoredPart } from '../rows.ts'
import { safeFileName } from './file-name.ts'
import { markdownHead, markdownMessage } from './markdown.ts'
import { ownFormat, ownVersion, type OwnConversation, type OwnMessage } from './own.ts'
import {
  conversationOf,
  conversationsAfter,
  messagesInOrder,
  nextMessages,
  pathIds,
  type ExportConversationRow,
  type ExportMessageRow,
  type Progress,
} from './views.ts'

/** A file to be saved; its text is read from the database while it is sent. */
export interface Download {
  readonly fileName: string
  readonly mediaType: string
  readonly text: AsyncIterable<string>
}

export interface ExporterOptions {
  readonly db: Database
  readonly clock: Clock
  readonly identity: {
    /** Names of people, by id. */
    people(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  }
}

const pageConversations = 20

/** Writes conversations of a person. No transaction is open between two pages, however slowly the file is taken. */
export function createExporter(options: ExporterOptions) {
  const { db, clock } = options

  const find = async (member: Member, id: string): Promise<ExportConversationRow> => {
    const [row] = await db.withWorkspace(member.workspaceId, (tx) => conversationOf(tx, member.personId, id))
    if (!row) throw chatErrors.conversationMissing()
    return row
  }

  async function* all(member: Member): AsyncGenerator<ExportConversationRow[]> {
    let after: string | null = null
    for (;;) {
      const place: string | null = after
      const page: ExportConversationRow[] = await db.withWorkspace(member.workspaceId, (tx) =>
        conversationsAfter(tx, member.personId, place, pageConversations),
      )
      if (page.length === 0) return
      yield page
      after = page.at(-1)?.id ?? null
    }
  }

  return {
    /** @throws AppError 404 when this person has no such conversation */
    one: async (member: Member, id: string, format: 'markdown' | 'json'): Promise<Download> => {
      const row = await find(member, id)
      if (format === 'json') {
        const text = jsonDocument(options, member, [[row]], clock.now())
        return {
          fileName: safeFileName(row.title, 'json'),
          mediaType: 'application/json; charset=utf-8',
          text: inBlocks(text),
        }
      }
      const text = markdownDocument(options, member, row, clock.now())
      return {
        fileName: safeFileName(row.title, 'md'),
        mediaType: 'text/markdown; charset=utf-8',
        text: inBlocks(text),
      }
    },
    all: (member: Member): Download => {
      const now = clock.now()
      return {
        fileName: `atrium-conversations-${now.toISOString().slice(0, 10)}.json`,
        mediaType: 'application/json; charset=utf-8',
        text: inBlocks(jsonDocument(options, member, all(member), now)),
      }
    },
  }
}

async function* jsonDocument(
  options: ExporterOptions,
  member: Member,
  pages: Iterable<ExportConversationRow[]> | AsyncIterable<ExportConversationRow[]>,
  exportedAt: Date,
): AsyncGenerator<string> {
  const head = { format: ownFormat, version: ownVersion, exportedAt: exportedAt.toISOString() }
  yield `${JSON.stringify(head).slice(0, -1)},"conversations":[`
  let separator = '\n'
  for await (const page of pages) {
    const messages = messagesOf(options, member, page)
    let next = await messages.next()
    for (const row of page) {
      yield `${separator}${JSON.stringify(conversationHead(row)).slice(0, -1)},"messages":[`
      separator = ',\n'
      let comma = '\n'
      for (; !next.done && next.value.conversationId === row.id; next = await messages.next()) {
        yield comma + JSON.stringify(next.value.message)
        comma = ',\n'
      }
      yield ']}'
    }
  }
  yield '\n]}\n'
}

interface Found {
  readonly conversationId: string
  readonly message: OwnMessage
}

/** All messages of some conversations, in the order of the conversations. */
async function* messagesOf(
  { db, identity }: ExporterOptions,
  member: Member,
  conversations: readonly ExportConversationRow[],
): AsyncGenerator<Found, undefined> {
  const names = createNames(identity)
  let left: readonly Progress[] = conversations.map((row) => ({ conversationId: row.id, after: null }))
  for (;;) {
    const progress = left
    const found = await db.withWorkspace(member.workspaceId, (tx) =>
      nextMessages(tx, member.personId, progress),
    )
    const last = found.at(-1)
    if (!last) return undefined
    const known = await names(found)
    for (const row of found) yield { conversationId: row.conversation_id, message: toOwn(row, known) }
    const reached = left.findIndex((one) => one.conversationId === last.conversation_id)
    const at = { conversationId: last.conversation_id, after: { createdAt: last.created_at, id: last.id } }
    left = [at, ...left.slice(reached + 1)]
  }
}

async function* markdownDocument(
  { db, identity }: ExporterOptions,
  member: Member,
  row: ExportConversationRow,
  exportedAt: Date,
): AsyncGenerator<string> {
  yield markdownHead(conversationHead(row), exportedAt)
  const { leaf_id: leafId } = row
  if (!leafId) return
  const names = createNames(identity)
  let ids = await db.withWorkspace(member.workspaceId, (tx) => pathIds(tx, row.id, leafId))
  while (ids.length > 0) {
    const wanted = ids
    const found = await db.withWorkspace(member.workspaceId, (tx) =>
      messagesInOrder(tx, member.personId, row.id, wanted),
    )
    if (found.length === 0) return
    const known = await names(found)
    for (const message of found) yield markdownMessage(toOwn(message, known))
    ids = ids.slice(found.length)
  }
}

type Names = ReadonlyMap<string, string>

/** Looks up the authors of messages, each person once. */
function createNames(
  identity: ExporterOptions['identity'],
): (found: readonly ExportMessageRow[]) => Promise<Names> {
  const known = new Map<string, string>()
  return async (found) => {
    const ids = new Set(
      found.flatMap((row) => (row.author_id && !known.has(row.author_id) ? [row.author_id] : [])),
    )
    if (ids.size > 0) {
      const names = await identity.people([...ids])
      for (const id of ids) known.set(id, names.get(id) ?? '')
    }
    return known
  }
}

function conversationHead(row: ExportConversationRow): Omit<OwnConversation, 'messages'> {
  return {
    id: row.id,
    title: row.title,
    titleSource: row.title_source,
    model: row.model,
    style: row.style,
    settings: { thinking: row.settings.thinking ?? false },
    pinned: row.pinned,
    archived: row.archived,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    leafId: row.leaf_id,
  }
}

function toOwn(row: ExportMessageRow, names: Names): OwnMessage {
  return {
    id: row.id,
    parentId: row.parent_id,
    role: row.role,
    author: row.author_id ? names.get(row.author_id) || null : null,
    content: row.content.map(publicPart),
    status: row.status,
    model: row.model,
    usage: row.usage,
    costNanoUsd: row.cost_nano_usd,
    timing: row.total_ms === null ? null : { firstTokenMs: row.first_token_ms, totalMs: row.total_ms },
    error: row.error,
    rating: row.rating,
    createdAt: row.created_at.toISOString(),
  }
}

/** What providers want back unchanged is theirs, and of no use elsewhere. */
const publicPart = (part: StoredPart): ContentPart =>
  part.type === 'reasoning' ? { type: 'reasoning', text: part.text, durationMs: part.durationMs } : part

const blockChars = 64 * 1024

/** Joins small pieces, so that each write to the network is worth its cost. */
async function* inBlocks(source: AsyncIterable<string>): AsyncGenerator<string> {
  let block = ''
  for await (const piece of source) {
    block += piece
    if (block.length < blockChars) continue
    yield block
    block = ''
  }
  if (block !== '') yield block
}
