import {
  type Message,
  type OpenConversation,
  type RouteInput,
  type chatRoutes,
  timestamp,
} from '@atrium/contract'
import { z } from 'zod'
import type { Identity } from '#modules/identity'
import type { Bus } from '#platform/bus'
import type { Database, Tx } from '#platform/db'
import { decodeCursor, encodeCursor, paginate, type Member } from '#platform/http'
import { changedNotice } from './changes.ts'
import { setRating } from './conversation-store.ts'
import { chatErrors } from './errors.ts'
import { toMessage, type MessageRow } from './rows.ts'
import { setLeaf } from './store.ts'
import {
  findMessage,
  getConversation,
  leafOf,
  liveRuns,
  newestDescendant,
  readPath,
  readTree,
} from './views.ts'

type Query<Name extends keyof typeof chatRoutes> = RouteInput<(typeof chatRoutes)[Name]>['query']
type Body<Name extends keyof typeof chatRoutes> = RouteInput<(typeof chatRoutes)[Name]>['body']

/** Reading the tree of a conversation, and where a person stands in it. */
export type Paths = ReturnType<typeof createPaths>

interface Parts {
  readonly db: Database
  readonly bus: Bus
  readonly identity: Identity
}

/** How many messages a moved leaf answers with. */
const pageSize = 50

export function createPaths(parts: Parts) {
  const { db } = parts
  return {
    open: (member: Member, id: string, limit: number) =>
      db.readWorkspace(member.workspaceId, (tx) => open(parts, tx, member, id, limit)),

    older: (member: Member, id: string, query: Query<'listMessages'>) =>
      db.readWorkspace(member.workspaceId, async (tx) => {
        const [leafId] = decodeCursor(query.cursor, z.uuid())
        await getConversation(tx, member.personId, id)
        const { messages, olderCursor } = await readPage(parts, tx, member, id, leafId, query.limit)
        return { data: messages, olderCursor }
      }),

    tree: (member: Member, id: string, query: Query<'getTree'>) =>
      db.readWorkspace(member.workspaceId, async (tx) => {
        const place = query.cursor ? decodeCursor(query.cursor, timestamp, z.uuid()) : null
        await getConversation(tx, member.personId, id)
        const nodes = await readTree(tx, id, query.limit, place && { createdAt: place[0], id: place[1] })
        return paginate(nodes, query.limit, (node) => [node.createdAt, node.id])
      }),

    moveLeaf: (member: Member, id: string, body: Body<'moveLeaf'>) =>
      db.withWorkspace(member.workspaceId, (tx) => moveLeaf(parts, tx, member, id, body)),

    rate: (member: Member, conversationId: string, messageId: string, rating: 'up' | 'down' | null) =>
      db.withWorkspace(member.workspaceId, async (tx) => {
        const { workspaceId, personId } = member
        const rated = await setRating(tx, { workspaceId, personId, conversationId, messageId }, rating)
        if (!rated) throw chatErrors.messageMissing()
      }),
  }
}

async function open(
  parts: Parts,
  tx: Tx,
  member: Member,
  id: string,
  limit: number,
): Promise<OpenConversation> {
  const conversation = await getConversation(tx, member.personId, id)
  const leafId = await leafOf(tx, member.personId, id)
  const page = await readPage(parts, tx, member, id, leafId, limit)
  return { conversation, leafId, ...page, runs: await liveRuns(tx, id) }
}

async function readPage(
  { identity }: Parts,
  tx: Tx,
  member: Member,
  conversationId: string,
  leafId: string | null,
  limit: number,
): Promise<{ messages: Message[]; olderCursor: string | null }> {
  if (!leafId) return { messages: [], olderCursor: null }
  const found = await readPath(tx, { personId: member.personId, conversationId, leafId, limit })
  const messages = await withAuthors(identity, tx, found)
  // A message that follows another one is never the first of its path.
  const parentId = messages[0]?.parentId
  return { messages, olderCursor: parentId ? encodeCursor([parentId]) : null }
}

async function moveLeaf(
  parts: Parts,
  tx: Tx,
  member: Member,
  conversationId: string,
  body: Body<'moveLeaf'>,
): Promise<OpenConversation> {
  const { workspaceId, personId } = member
  await getConversation(tx, personId, conversationId)
  const current = await leafOf(tx, personId, conversationId)
  if (current !== body.expected) throw chatErrors.leafMoved(current)
  const target = await findMessage(tx, personId, conversationId, body.messageId)
  if (!target) throw chatErrors.messageMissing()
  const messageId = body.descend ? await newestDescendant(tx, conversationId, target.id) : target.id
  await setLeaf(tx, workspaceId, conversationId, personId, messageId)
  await changedNotice(parts.bus, tx, { kind: 'messages', workspaceId, personId, conversationId, messageId })
  return open(parts, tx, member, conversationId, pageSize)
}

/** Messages with the names of those who wrote them. */
async function withAuthors(identity: Identity, tx: Tx, found: readonly MessageRow[]): Promise<Message[]> {
  const ids = [...new Set(found.flatMap((row) => (row.author_id ? [row.author_id] : [])))]
  const names = ids.length > 0 ? await identity.people(tx, ids) : new Map<string, string>()
  return found.map((row) => toMessage(row, names))
}
