import {
  type Alias,
  type AliasVersion,
  type ModelHealth,
  type Policy,
  type RouteInput,
  type RoutingPreview,
  type aliasRoutes,
  timestamp,
} from '@atrium/contract'
import { z } from 'zod'
import { actorOf, type Identity } from '#modules/identity'
import type { Bus } from '#platform/bus'
import type { Tx } from '#platform/db'
import { decodeCursor, paginate } from '#platform/http'
import { guideId } from '../catalogue/guide-model.ts'
import type { Origin } from '../connections/connections.ts'
import { modelErrors } from '../errors.ts'
import type { LookupParts } from '../router/lookup.ts'
import type { Resolver } from '../router/resolver.ts'
import { modelsChanged } from '../router/resolver.ts'
import type { WarmPrompts } from '../router/warm-prompts.ts'
import {
  deleteAlias,
  insertAlias,
  insertAliasVersion,
  lockAliases,
  updateAlias,
  type AliasChange,
} from './alias-store.ts'
import {
  countAliases,
  readAlias,
  readAliases,
  readAliasNames,
  readAliasVersion,
  readAliasVersions,
  type AliasRow,
  type AliasVersionRow,
} from './alias-views.ts'
import { mostAliases } from './listed.ts'
import { preview } from './preview.ts'
import { knownModels, shownAlias } from './shown.ts'
import { validatePolicy } from './validate.ts'

type Input<Name extends keyof typeof aliasRoutes> = RouteInput<(typeof aliasRoutes)[Name]>
type Page<T> = ReturnType<typeof paginate<T>>
type Query = Input<'listAliases'>['query']

/** Names for models, and the policies behind them. */
export interface Aliases {
  list(workspaceId: string, query: Query): Promise<Page<Alias>>
  create(origin: Origin, input: Input<'createAlias'>['body']): Promise<Alias>
  /** Every change makes a version; `seen` is the one that the caller has looked at. */
  update(
    origin: Origin,
    id: string,
    patch: Input<'updateAlias'>['body'],
    seen: number | undefined,
  ): Promise<Alias>
  remove(origin: Origin, id: string): Promise<void>
  versions(workspaceId: string, id: string, query: Query): Promise<Page<AliasVersion>>
  /** Puts an earlier policy in force again, as a new version. */
  rollBack(origin: Origin, id: string, to: { version: number; note: string }): Promise<Alias>
  preview(
    workspaceId: string,
    personId: string,
    input: Input<'previewRouting'>['body'],
  ): Promise<RoutingPreview>
  /** Live state of the models that this process has called. */
  health(workspaceId: string): ModelHealth[]
}

export interface AliasParts extends LookupParts {
  readonly bus: Bus
  readonly identity: Identity
  readonly resolver: Resolver
  readonly warm: WarmPrompts
  readonly random: () => number
}

export function createAliases(parts: AliasParts): Aliases {
  const { db, health, clock } = parts
  const change = (
    origin: Origin,
    id: string,
    work: (tx: Tx, before: AliasRow) => Promise<void>,
  ): Promise<Alias> =>
    db.withWorkspace(origin.member.workspaceId, async (tx) => {
      const { workspaceId } = origin.member
      const before = await readAlias(tx, workspaceId, id, 'locked')
      if (!before) throw modelErrors.aliasMissing()
      await work(tx, before)
      return readShown(tx, workspaceId, id)
    })
  return {
    list: (workspaceId, { limit, cursor }) => {
      const place = cursor === undefined ? null : decodeCursor(cursor, timestamp, z.uuid())
      const after = place && { createdAt: place[0], id: place[1] }
      return db.withWorkspace(workspaceId, async (tx) => {
        const found = await readAliases(tx, workspaceId, { limit: limit + 1, after })
        const known = await knownModels(
          tx,
          workspaceId,
          found.map(({ policy }) => policy),
        )
        const shown = found.map((row) => shownAlias(row, known))
        return paginate(shown, limit, ({ createdAt, id }) => [createdAt, id])
      })
    },
    create: (origin, input) =>
      db.withWorkspace(origin.member.workspaceId, (tx) => create(parts, tx, origin, input)),
    update: (origin, id, patch, seen) =>
      change(origin, id, (tx, before) => update(parts, tx, origin, before, patch, seen)),
    remove: (origin, id) =>
      db.withWorkspace(origin.member.workspaceId, (tx) => remove(parts, tx, origin, id)),
    versions: (workspaceId, id, { limit, cursor }) =>
      db.withWorkspace(workspaceId, async (tx) => {
        if (!(await readAlias(tx, workspaceId, id))) throw modelErrors.aliasMissing()
        const before = cursor === undefined ? null : decodeCursor(cursor, z.int())[0]
        const found = await readAliasVersions(tx, workspaceId, id, { limit: limit + 1, before })
        return paginate(found.map(shownVersion), limit, ({ version }) => [version])
      }),
    rollBack: (origin, id, to) => change(origin, id, (tx, before) => rollBack(parts, tx, origin, before, to)),
    preview: (workspaceId, personId, input) => preview(parts, workspaceId, personId, input),
    health: (workspaceId) =>
      health.list(workspaceId).map(({ deployment, view: { coolingMs, ...view } }) => ({
        model: deployment,
        ...view,
        coolingUntil: coolingMs === null ? null : new Date(clock.now().getTime() + coolingMs).toISOString(),
      })),
  }
}

async function create(
  parts: AliasParts,
  tx: Tx,
  origin: Origin,
  { name, description, policy, note }: Input<'createAlias'>['body'],
): Promise<Alias> {
  const { workspaceId } = origin.member
  await lockAliases(tx, workspaceId)
  await refuseTaken(tx, workspaceId, name)
  if ((await countAliases(tx, workspaceId)) >= mostAliases) throw modelErrors.aliasesFull(mostAliases)
  await validatePolicy(parts, tx, workspaceId, policy)
  const id = parts.clock.uuid()
  await insertAlias(tx, { workspaceId, id, name, description })
  const authorId = origin.member.personId
  await insertAliasVersion(tx, {
    workspaceId,
    aliasId: id,
    version: 1,
    policy,
    authorId,
    note,
    rollbackOf: null,
  })
  await tell(parts, tx, origin, 'alias.created', id, { name, version: 1 })
  return readShown(tx, workspaceId, id)
}

async function update(
  parts: AliasParts,
  tx: Tx,
  origin: Origin,
  before: AliasRow,
  patch: Input<'updateAlias'>['body'],
  seen: number | undefined,
): Promise<void> {
  const { workspaceId } = origin.member
  const expected = seen ?? patch.version
  if (expected !== undefined && expected !== before.version) throw modelErrors.aliasChanged(before.version)
  if (patch.name !== undefined && patch.name !== before.name) {
    await lockAliases(tx, workspaceId)
    await refuseTaken(tx, workspaceId, patch.name)
  }
  if (patch.policy) await validatePolicy(parts, tx, workspaceId, patch.policy, before.policy)
  const after = {
    name: patch.name ?? before.name,
    description: patch.description ?? before.description,
    enabled: patch.enabled ?? before.enabled,
    policy: patch.policy ?? before.policy,
  }
  const version = await putInForce(tx, origin, before, { ...after, note: patch.note, rollbackOf: null })
  const { name, enabled } = after
  const policyChanged = patch.policy !== undefined
  await tell(parts, tx, origin, 'alias.updated', before.id, { name, enabled, version, policyChanged })
}

async function rollBack(
  parts: AliasParts,
  tx: Tx,
  origin: Origin,
  before: AliasRow,
  to: { version: number; note: string },
): Promise<void> {
  const { workspaceId } = origin.member
  const earlier = await readAliasVersion(tx, workspaceId, before.id, to.version)
  if (!earlier) throw modelErrors.aliasVersionMissing(to.version)
  const { policy } = earlier
  const version = await putInForce(tx, origin, before, {
    ...before,
    policy,
    note: to.note,
    rollbackOf: to.version,
  })
  await tell(parts, tx, origin, 'alias.rolled-back', before.id, {
    name: before.name,
    version,
    to: to.version,
  })
}

/** Adds a version and points the alias at it. */
async function putInForce(
  tx: Tx,
  { member: { workspaceId, personId } }: Origin,
  before: AliasRow,
  after: Omit<AliasChange, 'version'> & { policy: Policy; note: string; rollbackOf: number | null },
): Promise<number> {
  const { policy, note, rollbackOf } = after
  const version = before.version + 1
  await insertAliasVersion(tx, {
    workspaceId,
    aliasId: before.id,
    version,
    policy,
    authorId: personId,
    note,
    rollbackOf,
  })
  await updateAlias(tx, workspaceId, before.id, { ...after, version })
  return version
}

async function remove(parts: AliasParts, tx: Tx, origin: Origin, id: string): Promise<void> {
  const { workspaceId } = origin.member
  const before = await readAlias(tx, workspaceId, id, 'locked')
  if (!before || !(await deleteAlias(tx, workspaceId, id))) throw modelErrors.aliasMissing()
  await tell(parts, tx, origin, 'alias.deleted', id, { name: before.name })
}

async function refuseTaken(tx: Tx, workspaceId: string, name: string): Promise<void> {
  if (name === guideId || (await readAliasNames(tx, workspaceId, [name])).size > 0)
    throw modelErrors.aliasNameTaken(name)
}

async function readShown(tx: Tx, workspaceId: string, id: string): Promise<Alias> {
  const row = await readAlias(tx, workspaceId, id)
  if (!row) throw modelErrors.aliasMissing()
  return shownAlias(row, await knownModels(tx, workspaceId, [row.policy]))
}

const shownVersion = ({ createdAt, ...row }: AliasVersionRow): AliasVersion => ({
  ...row,
  createdAt: createdAt.toISOString(),
})

async function tell(
  { identity, bus }: AliasParts,
  tx: Tx,
  { member, address }: Origin,
  action: string,
  id: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { workspaceId } = member
  const target = { kind: 'alias', id }
  await identity.audit(tx, { workspaceId, actor: actorOf(member), action, target, details, address })
  await bus.publish(tx, modelsChanged, { workspaceId })
}
