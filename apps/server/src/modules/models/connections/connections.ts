import { type Connection, type ConnectionHealth, type ConnectionKind, timestamp } from '@atrium/contract'
import { z } from 'zod'
import { actorOf, type Identity } from '#modules/identity'
import { Secret } from '#platform/config'
import { type Tx } from '#platform/db'
import { decodeCursor, paginate, type Member } from '#platform/http'
import { modelErrors } from '../errors.ts'
import { modelsChanged } from '../router/resolver.ts'
import {
  deleteConnection,
  insertConnection,
  lockSlugs,
  updateConnection,
  type NewConnection,
} from '../store.ts'
import { readConnection, readConnections, type ConnectionRow } from '../views.ts'
import { baseUrlOf, freeSlug, slugFor } from './address.ts'
import { factsOfKind } from './kinds.ts'
import { probe } from './probe.ts'
import type { Refresher, RefreshParts } from './refresh.ts'

export interface NewConnectionInput {
  readonly name: string
  readonly slug?: string | undefined
  readonly kind: ConnectionKind
  readonly baseUrl?: string | undefined
  readonly apiKey?: string | undefined
}

export interface ConnectionPatch {
  readonly name?: string | undefined
  readonly baseUrl?: string | undefined
  readonly apiKey?: string | undefined
  readonly enabled?: boolean | undefined
}

/** Who changes something, and from where. */
export interface Origin {
  readonly member: Member
  readonly address: string
}

/** The connections of a workspace, as its people manage them. */
export interface Connections {
  list(workspaceId: string, query: { limit: number; cursor?: string | undefined }): Promise<ConnectionPage>
  /** Stores a connection and reads its models; one that cannot be reached is stored all the same, with the reason. */
  create(origin: Origin, input: NewConnectionInput): Promise<Connection>
  /** A new base URL discards the stored key, unless a new key comes with it. */
  update(origin: Origin, id: string, patch: ConnectionPatch): Promise<Connection>
  remove(origin: Origin, id: string): Promise<void>
  /** Reaches the provider, and keeps the result with the connection. */
  test(workspaceId: string, id: string): Promise<ConnectionHealth>
  testNew(input: Omit<NewConnectionInput, 'name' | 'slug'>): Promise<ConnectionHealth>
  refresh(workspaceId: string, id: string): Promise<{ modelCount: number }>
}

type ConnectionPage = ReturnType<typeof paginate<Connection>>

export interface ConnectionParts extends RefreshParts {
  readonly identity: Identity
  readonly refresher: Refresher
}

export function createConnections(parts: ConnectionParts): Connections {
  const { db, refresher, upstream, clock } = parts
  return {
    list: async (workspaceId, { limit, cursor }) => {
      const place = cursor === undefined ? null : decodeCursor(cursor, timestamp, z.uuid())
      const after = place && { createdAt: place[0], id: place[1] }
      const found = await db.withWorkspace(workspaceId, (tx) =>
        readConnections(tx, workspaceId, { limit: limit + 1, after }),
      )
      return paginate(found.map(shown), limit, ({ createdAt, id }) => [createdAt, id])
    },
    create: async (origin, input) => {
      const id = await db.withWorkspace(origin.member.workspaceId, (tx) => create(parts, tx, origin, input))
      return afterRefresh(parts, origin.member.workspaceId, id)
    },
    update: async (origin, id, patch) => {
      const { workspaceId } = origin.member
      const moved = await db.withWorkspace(workspaceId, (tx) => update(parts, tx, origin, id, patch))
      return moved ? afterRefresh(parts, workspaceId, id) : shown(await existing(parts, workspaceId, id))
    },
    remove: (origin, id) =>
      db.withWorkspace(origin.member.workspaceId, (tx) => remove(parts, tx, origin, id)),
    test: refresher.refresh,
    testNew: async ({ kind, baseUrl, apiKey }) => {
      const target = {
        name: factsOfKind(kind).label,
        kind,
        baseUrl: baseUrlOf(kind, baseUrl),
        provided: false,
      }
      const key = apiKey === undefined ? null : new Secret(keyOf(apiKey))
      return (await probe({ ...target, key }, { upstream, now: clock.now })).health
    },
    refresh: async (workspaceId, id) => {
      const health = await refresher.refresh(workspaceId, id)
      if (!health.ok) throw modelErrors.refreshFailed(health)
      return { modelCount: health.modelCount ?? 0 }
    },
  }
}

/** A connection as people may see it; nothing of its key but whether there is one. */
function shown(row: ConnectionRow): Connection {
  const { id, name, slug, kind, baseUrl, enabled, source, health } = row
  return {
    id,
    name,
    slug,
    kind,
    baseUrl,
    hasKey: row.sealedKey !== null,
    enabled,
    source,
    health,
    createdAt: row.createdAt.toISOString(),
  }
}

async function create(
  parts: ConnectionParts,
  tx: Tx,
  origin: Origin,
  input: NewConnectionInput,
): Promise<string> {
  const { workspaceId } = origin.member
  const { name, kind, apiKey } = input
  const wanted = input.slug ?? slugFor(kind, name)
  const taken = await lockSlugs(tx, workspaceId, wanted)
  if (input.slug !== undefined && (taken.has(wanted) || wanted === 'atrium'))
    throw modelErrors.slugTaken(wanted)
  const id = parts.clock.uuid()
  const sealedKey = apiKey === undefined ? null : await parts.vault.seal(tx, workspaceId, id, keyOf(apiKey))
  const baseUrl = baseUrlOf(kind, input.baseUrl)
  const row: NewConnection = {
    workspaceId,
    id,
    name,
    slug: freeSlug(wanted, taken),
    kind,
    baseUrl,
    sealedKey,
    source: 'person',
  }
  await insertConnection(tx, row)
  await tell(parts, tx, origin, 'connection.created', id, {
    name,
    kind,
    slug: row.slug,
    baseUrl,
    hasKey: sealedKey !== null,
  })
  return id
}

/** Gives whether the provider has to be asked again. */
async function update(
  parts: ConnectionParts,
  tx: Tx,
  origin: Origin,
  id: string,
  patch: ConnectionPatch,
): Promise<boolean> {
  const { workspaceId } = origin.member
  const before = await readConnection(tx, workspaceId, id, 'locked')
  if (!before) throw modelErrors.connectionMissing()
  const baseUrl = patch.baseUrl === undefined ? undefined : baseUrlOf(before.kind, patch.baseUrl)
  const moved = baseUrl !== undefined && baseUrl !== before.baseUrl
  const newKey =
    patch.apiKey === undefined ? undefined : await parts.vault.seal(tx, workspaceId, id, keyOf(patch.apiKey))
  const sealedKey = newKey ?? (moved ? null : undefined)
  const { name, enabled } = patch
  // What a person has taken in hand no longer follows the environment, and is no longer where detection found it.
  const source = moved || newKey !== undefined ? 'person' : undefined
  await updateConnection(tx, workspaceId, id, {
    name,
    enabled,
    source,
    sealedKey,
    baseUrl: moved ? baseUrl : undefined,
  })
  await tell(parts, tx, origin, 'connection.updated', id, {
    ...(name === undefined ? {} : { name }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(moved
      ? { baseUrl, before: before.baseUrl, keyDiscarded: before.sealedKey !== null && newKey === undefined }
      : {}),
    ...(newKey === undefined ? {} : { keyReplaced: true }),
  })
  return moved || newKey !== undefined || (enabled === true && !before.enabled)
}

async function remove(parts: ConnectionParts, tx: Tx, origin: Origin, id: string): Promise<void> {
  const { workspaceId } = origin.member
  const before = await readConnection(tx, workspaceId, id, 'locked')
  if (!before || !(await deleteConnection(tx, workspaceId, id))) throw modelErrors.connectionMissing()
  await tell(parts, tx, origin, 'connection.deleted', id, {
    name: before.name,
    kind: before.kind,
    slug: before.slug,
  })
}

/** A key as it was meant: pasting often brings blanks along. */
function keyOf(given: string): string {
  const key = given.trim()
  if (key === '') throw modelErrors.keyBlank()
  return key
}

/** The audit entry and the notice of a change, in the transaction that makes it. */
async function tell(
  { identity, bus }: ConnectionParts,
  tx: Tx,
  { member, address }: Origin,
  action: string,
  id: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { workspaceId } = member
  await identity.audit(tx, {
    workspaceId,
    actor: actorOf(member),
    action,
    target: { kind: 'connection', id },
    details,
    address,
  })
  await bus.publish(tx, modelsChanged, { workspaceId })
}

async function afterRefresh(parts: ConnectionParts, workspaceId: string, id: string): Promise<Connection> {
  await parts.refresher.refresh(workspaceId, id)
  return shown(await existing(parts, workspaceId, id))
}

async function existing({ db }: ConnectionParts, workspaceId: string, id: string): Promise<ConnectionRow> {
  const row = await db.withWorkspace(workspaceId, (tx) => readConnection(tx, workspaceId, id))
  if (!row) throw modelErrors.connectionMissing()
  return row
}
