import { type PriceOverride, type RouteInput, type priceRoutes, timestamp } from '@atrium/contract'
import { z } from 'zod'
import { actorOf, type Identity } from '#modules/identity'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { AppError, notFound } from '#platform/errors'
import { decodeCursor, paginate } from '#platform/http'
import type { Origin } from '../connections/connections.ts'
import { modelErrors } from '../errors.ts'
import { modelsChanged } from '../router/resolver.ts'
import { readConnection } from '../views.ts'
import {
  deleteOverride,
  insertOverride,
  lockOverride,
  mostOverrides,
  readOverrides,
  updateOverride,
  type OverrideFields,
  type OverrideRow,
} from './override-store.ts'

type Body<Name extends 'createPriceOverride' | 'updatePriceOverride'> = RouteInput<
  (typeof priceRoutes)[Name]
>['body']

/** Prices that a workspace has agreed otherwise, as its people manage them. */
export interface Overrides {
  list(workspaceId: string, query: { limit: number; cursor?: string | undefined }): Promise<OverridePage>
  create(origin: Origin, body: Body<'createPriceOverride'>): Promise<PriceOverride>
  /** @param expected the version that the caller has seen, when the caller says */
  update(
    origin: Origin,
    id: string,
    body: Body<'updatePriceOverride'>,
    expected?: number,
  ): Promise<PriceOverride>
  remove(origin: Origin, id: string): Promise<void>
}

type OverridePage = ReturnType<typeof paginate<PriceOverride>>

export interface OverrideParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly identity: Identity
}

export function createOverrides(parts: OverrideParts): Overrides {
  const { db } = parts
  return {
    list: (workspaceId, { limit, cursor }) => {
      const place = cursor === undefined ? null : decodeCursor(cursor, timestamp, z.uuid())
      const before = place && { createdAt: place[0], id: place[1] }
      return db.readWorkspace(workspaceId, async (tx) => {
        const found = await readOverrides(tx, workspaceId, { limit: limit + 1, before })
        const shown = await named(parts, tx, found)
        return paginate(shown, limit, ({ createdAt, id }) => [createdAt, id])
      })
    },
    create: (origin, body) =>
      db.withWorkspace(origin.member.workspaceId, (tx) => create(parts, tx, origin, body)),
    update: (origin, id, body, expected) =>
      db.withWorkspace(origin.member.workspaceId, (tx) => update(parts, tx, origin, { id, body, expected })),
    remove: (origin, id) =>
      db.withWorkspace(origin.member.workspaceId, async (tx) => {
        const row = await lockOverride(tx, origin.member.workspaceId, id)
        if (!row || !(await deleteOverride(tx, origin.member.workspaceId, id))) throw missing()
        await tell(parts, tx, origin, 'price.removed', row)
      }),
  }
}

const missing = (): AppError => notFound('price override')

async function create(
  parts: OverrideParts,
  tx: Tx,
  origin: Origin,
  body: Body<'createPriceOverride'>,
): Promise<PriceOverride> {
  const { workspaceId, personId } = origin.member
  const effectiveFrom = body.effectiveFrom === undefined ? parts.clock.now() : new Date(body.effectiveFrom)
  const fields = { ...body, effectiveFrom }
  await checkConnection(tx, workspaceId, fields)
  const row = await insertOverride(tx, workspaceId, {
    ...fields,
    id: parts.clock.uuid(),
    authorId: personId,
  })
  if (!row) throw new AppError('QUOTA_EXCEEDED', `There are ${mostOverrides} prices already.`)
  await tell(parts, tx, origin, 'price.set', row)
  return one(parts, tx, row)
}

async function update(
  parts: OverrideParts,
  tx: Tx,
  origin: Origin,
  { id, body, expected }: { id: string; body: Body<'updatePriceOverride'>; expected: number | undefined },
): Promise<PriceOverride> {
  const { workspaceId } = origin.member
  const before = await lockOverride(tx, workspaceId, id)
  if (!before) throw missing()
  if (expected !== undefined && expected !== before.version) {
    throw new AppError('PRECONDITION_FAILED', 'Somebody else has changed this price meanwhile.', {
      status: 412,
      details: { version: before.version },
    })
  }
  const fields: OverrideFields = {
    connectionId: body.connectionId === undefined ? before.connectionId : body.connectionId,
    modelPattern: body.modelPattern ?? before.modelPattern,
    sheet: body.sheet ?? before.sheet,
    effectiveFrom: body.effectiveFrom === undefined ? before.effectiveFrom : new Date(body.effectiveFrom),
    note: body.note ?? before.note,
  }
  await checkConnection(tx, workspaceId, fields)
  const row = await updateOverride(tx, workspaceId, id, fields)
  if (!row) throw missing()
  await tell(parts, tx, origin, 'price.changed', row)
  return one(parts, tx, row)
}

async function checkConnection(tx: Tx, workspaceId: string, { connectionId }: OverrideFields): Promise<void> {
  if (connectionId !== null && !(await readConnection(tx, workspaceId, connectionId)))
    throw modelErrors.connectionMissing()
}

/** The audit log keeps every version whole, so that a price version of a call can be looked up for ever. */
async function tell(
  { identity, bus }: OverrideParts,
  tx: Tx,
  { member, address }: Origin,
  action: string,
  row: OverrideRow,
): Promise<void> {
  const { workspaceId } = member
  const { id, version, connectionId, modelPattern, sheet, effectiveFrom, note } = row
  await identity.audit(tx, {
    workspaceId,
    actor: actorOf(member),
    action,
    target: { kind: 'price', id },
    details: { version, connectionId, modelPattern, sheet, effectiveFrom: effectiveFrom.toISOString(), note },
    address,
  })
  await bus.publish(tx, modelsChanged, { workspaceId })
}

async function named(
  { identity }: OverrideParts,
  tx: Tx,
  list: readonly OverrideRow[],
): Promise<PriceOverride[]> {
  const names = await identity.people(tx, [...new Set(list.flatMap(({ authorId }) => authorId ?? []))])
  return list.map((row) => ({
    ...row,
    effectiveFrom: row.effectiveFrom.toISOString(),
    authorName: row.authorId === null ? null : (names.get(row.authorId) ?? null),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }))
}

async function one(parts: OverrideParts, tx: Tx, row: OverrideRow): Promise<PriceOverride> {
  const [shown] = await named(parts, tx, [row])
  if (!shown) throw missing()
  return shown
}
