import { type Conversation, type RouteInput, type chatRoutes, timestamp } from '@atrium/contract'
import { z } from 'zod'
import type { Models } from '#modules/models'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { decodeCursor, paginate, type Member } from '#platform/http'
import { changedNotice } from './changes.ts'
import {
  insertConversation,
  markDeleted,
  updateConversation,
  type ConversationChange,
} from './conversation-store.ts'
import { chatErrors } from './errors.ts'
import { findStyle } from './style-store.ts'
import { getConversation, listConversations } from './views.ts'

type Query<Name extends keyof typeof chatRoutes> = RouteInput<(typeof chatRoutes)[Name]>['query']
type Body<Name extends keyof typeof chatRoutes> = RouteInput<(typeof chatRoutes)[Name]>['body']

/** Rules of conversations. */
export type Conversations = ReturnType<typeof createConversations>

interface Parts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly models: Models
}

export function createConversations(parts: Parts) {
  const { db, models } = parts
  return {
    list: async (member: Member, query: Query<'listConversations'>) => {
      const { cursor, archived, deleted, limit } = query
      const place = cursor ? decodeCursor(cursor, z.boolean(), timestamp, z.uuid()) : null
      const after = place && { pinned: place[0], updatedAt: place[1], id: place[2] }
      const found = await db.readWorkspace(member.workspaceId, (tx) =>
        listConversations(tx, { personId: member.personId, archived, deleted, limit, after }),
      )
      return paginate(found, limit, (one) => [one.pinned, one.updatedAt, one.id])
    },

    create: async (member: Member, body: Body<'createConversation'>): Promise<Conversation> => {
      if (body.model) await models.resolve(member.workspaceId, body.model)
      return db.withWorkspace(member.workspaceId, (tx) => create(parts, tx, member, body))
    },

    update: async (member: Member, id: string, body: ConversationChange): Promise<Conversation> => {
      if (body.model) await models.resolve(member.workspaceId, body.model)
      return change(parts, member, id, async (tx) => {
        await checkStyle(tx, member, body.style)
        return updateConversation(tx, member.personId, id, body)
      })
    },

    remove: (member: Member, id: string): Promise<void> =>
      db.withWorkspace(member.workspaceId, async (tx) => {
        if (!(await markDeleted(tx, member.personId, id, true))) throw chatErrors.conversationMissing()
        await tell(parts, tx, member, id, 'deleted')
      }),

    restore: (member: Member, id: string): Promise<Conversation> =>
      change(parts, member, id, (tx) => markDeleted(tx, member.personId, id, false)),
  }
}

async function create(
  parts: Parts,
  tx: Tx,
  member: Member,
  body: Body<'createConversation'>,
): Promise<Conversation> {
  await checkStyle(tx, member, body.style)
  const id = body.id ?? parts.clock.uuid()
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
  await tell(parts, tx, member, id, 'conversation')
  return getConversation(tx, member.personId, id)
}

/** @param work false when there is nothing to change */
function change(
  parts: Parts,
  member: Member,
  id: string,
  work: (tx: Tx) => Promise<boolean>,
): Promise<Conversation> {
  return parts.db.withWorkspace(member.workspaceId, async (tx) => {
    if (!(await work(tx))) throw chatErrors.conversationMissing()
    await tell(parts, tx, member, id, 'conversation')
    return getConversation(tx, member.personId, id)
  })
}

function tell(
  { bus }: Parts,
  tx: Tx,
  member: Member,
  conversationId: string,
  kind: 'conversation' | 'deleted',
): Promise<void> {
  const { workspaceId, personId } = member
  return changedNotice(bus, tx, { kind, workspaceId, personId, conversationId })
}

async function checkStyle(tx: Tx, member: Member, style: string | undefined): Promise<void> {
  if (!style || !z.uuid().safeParse(style).success) return
  if (!(await findStyle(tx, member.personId, style))) throw chatErrors.styleMissing()
}
