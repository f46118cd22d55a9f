import type { Conversation, Message, OpenConversation, RouteInput, chatRoutes } from '@atrium/contract'
import type { Identity } from '#modules/identity'
import type { Models } from '#modules/models'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import { type Database, type Tx } from '#platform/db'
import { decodeCursor, encodeCursor, paginate, type Member } from '#platform/http'
import { z } from 'zod'
import { changedNotice, type Change } from './changes.ts'
import {
  insertConversation,
  markDeleted,
  setRating,
  updateConversation,
  type ConversationChange,
} from './conversation-store.ts'
import { chatErrors } from './errors.ts'
import { toMessage, type MessageRow } from './rows.ts'
import { setLeaf } from './store.ts'
import { findStyle } from './style-store.ts'
import {
  findMessage,
  getConversation,
  leafOf,
  listConversations,
  liveRuns,
  newestDescendant,
  readPath,
  readTree,
} from './views.ts'

type Query<Name extends keyof typeof chatRoutes> = RouteInput<(typeof chatRoutes)[Name]>['query']
type Body<Name extends keyof typeof chatRoutes> = RouteInput<(typeof chatRoutes)[Name]>['body']

/** Rules of conversations and of where a person stands in them. */
export type Conversations = ReturnType<typeof createConversations>

export interface ConversationsOptions {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly models: Models
  readonly identity: Identity
}

const timestampForm = z.iso.datetime()
const idForm = z.uuid()

export function createConversations(options: ConversationsOptions) {
  const { db, bus, clock, models, identity } = options

  const open = async (tx: Tx, member: Member, id: string, limit: number): Promise<OpenConversation> => {
    const conversation = await getConversation(tx, member.personId, id)
    const leafId = await leafOf(tx, member.personId, id)
    const path = await page(tx, member, id, leafId, limit)
    return { conversation, leafId, ...path, runs: await liveRuns(tx, id) }
  }

  const page = async (
    tx: Tx,
    member: Member,
    conversationId: string,
    leafId: string | null,
    limit: number,
  ) => {
    if (!leafId) return { messages: [], olderCursor: null }
    const found = await readPath(tx, { personId: member.personId, conversationId, leafId, limit: limit + 1 })
    const messages = await withAuthors(identity, found.slice(-limit))
    const oldest = messages[0]
    return {
      messages,
      olderCursor: found.length > limit && oldest?.parentId ? encodeCursor([oldest.parentId]) : null,
    }
  }

  const change = async (
    member: Member,
    id: string,
    kind: Change['kind'],
    work: (tx: Tx) => Promise<boolean>,
  ): Promise<Conversation | undefined> =>
    db.withWorkspace(member.workspaceId, async (tx) => {
      if (!(await work(tx))) throw chatErrors.conversationMissing()
      await changedNotice(bus, tx, {
        kind,
        workspaceId: member.workspaceId,
        personId: member.personId,
        conversationId: id,
      })
      return kind === 'deleted' ? undefined : getConversation(tx, member.personId, id)
    })

  const changeAndRead = async (
    member: Member,
    id: string,
    work: (tx: Tx) => Promise<boolean>,
  ): Promise<Conversation> => {
    const conversation = await change(member, id, 'conversation', work)
    if (!conversation) throw chatErrors.conversationMissing()
    return conversation
  }

  const checkStyle = async (tx: Tx, member: Member, style: string | undefined): Promise<void> => {
    if (style && idForm.safeParse(style).success && !(await findStyle(tx, member.personId, style)))
      throw chatErrors.styleMissing()
  }

  return {
    list: async (member: Member, query: Query<'listConversations'>) => {
      const place = query.cursor ? decodeCursor(query.cursor, z.boolean(), timestampForm, idForm) : null
      const after = place && { pinned: place[0], updatedAt: place[1], id: place[2] }
      const found = await db.readWorkspace(member.workspaceId, (tx) =>
        listConversations(tx, {
          personId: member.personId,
          archived: query.archived,
          limit: query.limit,
          after,
        }),
      )
      return paginate(found, query.limit, (one) => [one.pinned, one.updatedAt, one.id])
    },
    create: async (member: Member, body: Body<'createConversation'>): Promise<Conversation> => {
      if (body.model) await models.resolve(member.workspaceId, body.model)
      const id = body.id ?? clock.uuid()
      return db.withWorkspace(member.workspaceId, async (tx) => {
        await checkStyle(tx, member, body.style)
        const inserted = await insertConversation(tx, {
          workspaceId: member.workspaceId,
          id,
          ownerId: member.personId,
          title: body.title ?? '',
          titleSource: body.title ? 'person' : 'none',
          model: body.model ?? null,
          style: body.style ?? 'normal',
          settings: body.settings ?? {},
          importKey: null,
          archived: false,
          pinned: false,
          createdAt: null,
          updatedAt: null,
        })
        if (!inserted) throw chatErrors.idTaken()
        await changedNotice(bus, tx, {
          kind: 'conversation',
          workspaceId: member.workspaceId,
          personId: member.personId,
          conversationId: id,
        })
        return getConversation(tx, member.personId, id)
      })
    },
    open: (member: Member, id: string, limit: number) =>
      db.readWorkspace(member.workspaceId, (tx) => open(tx, member, id, limit)),
    get: (member: Member, id: string) =>
      db.readWorkspace(member.workspaceId, (tx) => getConversation(tx, member.personId, id)),
    update: async (member: Member, id: string, body: ConversationChange): Promise<Conversation> => {
      if (body.model) await models.resolve(member.workspaceId, body.model)
      return changeAndRead(member, id, async (tx) => {
        await checkStyle(tx, member, body.style)
        return updateConversation(tx, member.personId, id, body)
      })
    },
    remove: async (member: Member, id: string): Promise<void> => {
      await change(member, id, 'deleted', (tx) => markDeleted(tx, member.personId, id, true))
    },
    restore: (member: Member, id: string) =>
      changeAndRead(member, id, (tx) => markDeleted(tx, member.personId, id, false)),

    older: (member: Member, id: string, query: Query<'listMessages'>) =>
      db.readWorkspace(member.workspaceId, async (tx) => {
        const [leafId] = decodeCursor(query.cursor, idForm)
        await getConversation(tx, member.personId, id)
        const { messages, olderCursor } = await page(tx, member, id, leafId, query.limit)
        return { data: messages, olderCursor }
      }),
    tree: (member: Member, id: string, query: Query<'getTree'>) =>
      db.readWorkspace(member.workspaceId, async (tx) => {
        const place = query.cursor ? decodeCursor(query.cursor, timestampForm, idForm) : null
        await getConversation(tx, member.personId, id)
        const nodes = await readTree(tx, id, query.limit, place && { createdAt: place[0], id: place[1] })
        return paginate(nodes, query.limit, (node) => [node.createdAt, node.id])
      }),
    moveLeaf: (member: Member, id: string, body: Body<'moveLeaf'>) =>
      db.withWorkspace(member.workspaceId, async (tx): Promise<OpenConversation> => {
        await getConversation(tx, member.personId, id)
        const current = await leafOf(tx, member.personId, id)
        if (current !== body.expected) throw chatErrors.leafMoved(current)
        const target = await findMessage(tx, member.personId, id, body.messageId)
        if (!target) throw chatErrors.messageMissing()
        const leaf = body.descend ? await newestDescendant(tx, id, target.id) : target.id
        await setLeaf(tx, member.workspaceId, id, member.personId, leaf)
        await changedNotice(bus, tx, {
          kind: 'messages',
          workspaceId: member.workspaceId,
          personId: member.personId,
          conversationId: id,
          messageId: leaf,
        })
        return open(tx, member, id, 50)
      }),
    rate: (member: Member, conversationId: string, messageId: string, rating: 'up' | 'down' | null) =>
      db.withWorkspace(member.workspaceId, async (tx) => {
        const at = { workspaceId: member.workspaceId, personId: member.personId, conversationId, messageId }
        if (!(await setRating(tx, at, rating))) throw chatErrors.messageMissing()
      }),
  }
}

/** Messages with the names of those who wrote them. */
export async function withAuthors(identity: Identity, found: readonly MessageRow[]): Promise<Message[]> {
  const ids = [...new Set(found.flatMap((row) => (row.author_id ? [row.author_id] : [])))]
  const names = ids.length > 0 ? await identity.people(ids) : new Map<string, string>()
  return found.map((row) => toMessage(row, names))
}
