import { type ApiKey, type KeyLimits, type Permission, unlimited } from '@atrium/contract'
import { z } from 'zod'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { notFound } from '#platform/errors'
import { decodeCursor, type Member, paginate } from '#platform/http'
import { actorOf } from './actors.ts'
import type { Audit } from './audit.ts'
import {
  checkOwner,
  checkTeam,
  future,
  grantable,
  ownOnly,
  refuseFormerSecrets,
  refuseLimitedKeys,
  refuseOthersMaking,
  refuseOutliving,
  refuseWiderKeys,
} from './key-rules.ts'
import { rotateKey } from './key-rotation.ts'
import { announceRevocation } from './notices.ts'
import { deleteKey, insertKey, type KeySettings, type LockedKey, lockKey, updateKey } from './store/keys.ts'
import { insertToken } from './store/tokens.ts'
import { hashToken, keyPrefix, mintToken, shownPrefix } from './tokens.ts'
import { readKey, readKeys } from './views/keys.ts'
import type { Page, PageQuery } from './workspaces.ts'

/** Limits that are left out: none for a new key, as before for a change. */
type SomeLimits = { readonly [Name in keyof KeyLimits]?: KeyLimits[Name] | undefined }

export interface NewKeyInput {
  readonly name: string
  readonly scopes: readonly Permission[]
  /** RFC 3339; null for a key that does not expire. */
  readonly expiresAt: string | null
  /** The caller unless told. */
  readonly ownerId?: string | undefined
  readonly teamId: string | null
  readonly models: readonly string[] | null
  readonly limits: SomeLimits
}

/** What is left out stays as it is. */
export interface KeyChange {
  readonly name?: string | undefined
  readonly expiresAt?: string | null | undefined
  readonly teamId?: string | null | undefined
  readonly models?: readonly string[] | null | undefined
  readonly limits?: SomeLimits | undefined
  readonly enabled?: boolean | undefined
}

export interface KeyQuery extends PageQuery {
  readonly teamId?: string | undefined
  readonly ownerId?: string | undefined
}

/** API keys of a workspace. */
export interface Keys {
  /**
   * @throws AppError 403 for scopes that the caller lacks or may not give and for the former secret of a key, 404 for an owner or a team that is not
   * there, 400 for a time in the past
   */
  create(member: Member, input: NewKeyInput, address: string): Promise<ApiKey & { secret: string }>
  list(member: Member, query: KeyQuery): Promise<Page<ApiKey>>
  get(member: Member, keyId: string): Promise<ApiKey>
  /**
   * Throws as `create` does, and 403 to members for a key that somebody else has made for them, to keys for one with
   * scopes that they lack.
   */
  update(member: Member, keyId: string, change: KeyChange, address: string): Promise<ApiKey>
  /**
   * Gives a key another secret. Those that it had so far open for the grace, in seconds; what they have opened closes
   * then. Throws as `create` and `update` do, and 409 for a key that has run out or that the operator's settings hold.
   */
  rotate(
    member: Member,
    keyId: string,
    graceSeconds: number,
    address: string,
  ): Promise<ApiKey & { secret: string }>
  /** @throws AppError 403 when the former secret of a key revokes another one */
  revoke(member: Member, keyId: string, address: string): Promise<void>
}

export interface KeyParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly audit: Audit
}

export function createKeys(parts: KeyParts): Keys {
  const { db } = parts
  const inWorkspace = <T>(member: Member, work: (tx: Tx) => Promise<T>): Promise<T> =>
    db.withWorkspace(member.workspaceId, work)
  return {
    create: (member, input, address) =>
      inWorkspace(member, (tx) => create(parts, tx, member, input, address)),

    list: async (member, { limit, cursor, teamId, ownerId }) => {
      const { workspaceId } = member
      const own = ownOnly(member)
      if (own !== null && ownerId !== undefined && ownerId !== own) return paginate([], limit, () => [])
      const before = cursor === undefined ? null : decodeCursor(cursor, z.uuid())[0]
      const filter = { personId: own ?? ownerId ?? null, teamId: teamId ?? null, limit: limit + 1, before }
      const list = await inWorkspace(member, (tx) => readKeys(tx, workspaceId, filter))
      return paginate(list, limit, ({ id }) => [id])
    },

    get: (member, keyId) => inWorkspace(member, (tx) => readOwn(tx, member, keyId)),

    update: (member, keyId, change, address) =>
      inWorkspace(member, (tx) => update(parts, tx, member, keyId, change, address)),

    rotate: (member, keyId, graceSeconds, address) =>
      inWorkspace(member, async (tx) => {
        const secret = await rotateKey(parts, tx, { member, keyId, graceSeconds, address })
        return { ...(await readOwn(tx, member, keyId)), secret }
      }),

    revoke: (member, keyId, address) =>
      inWorkspace(member, async (tx) => {
        const { workspaceId } = member
        const before = await lockKey(tx, workspaceId, keyId, ownOnly(member))
        if (!before) throw notFound('key')
        if (member.key?.id !== keyId) await refuseFormerSecrets(tx, member)
        await deleteKey(tx, workspaceId, keyId, ownOnly(member))
        await parts.audit.record(tx, {
          workspaceId,
          actor: actorOf(member),
          action: 'key.revoked',
          target: { kind: 'key', id: keyId },
          details: { name: before.name },
          address,
        })
        await announceRevocation(parts.bus, tx, { workspaceId, credentialId: keyId })
      }),
  }
}

async function create(
  { clock, audit }: KeyParts,
  tx: Tx,
  member: Member,
  input: NewKeyInput,
  address: string,
): Promise<ApiKey & { secret: string }> {
  const { workspaceId, personId } = member
  const { ownerId = personId, name, teamId, models } = input
  refuseLimitedKeys(member)
  await refuseFormerSecrets(tx, member)
  const scopes = grantable(member, ownerId, input.scopes)
  const expiresAt = future(input.expiresAt, clock.now())
  await checkOwner(tx, member, ownerId)
  await checkTeam(tx, member, ownerId, teamId)
  await refuseOutliving(tx, member, expiresAt)
  const secret = mintToken(keyPrefix)
  const settings = {
    name,
    expiresAt,
    teamId,
    models,
    limits: withLimits(unlimited, input.limits),
    enabled: true,
  }
  const key = { id: clock.uuid(), personId: ownerId, prefix: shownPrefix(secret), scopes, ...settings }
  await insertKey(tx, { ...key, workspaceId, createdBy: personId, createdAt: clock.now() })
  await insertToken(tx, { kind: 'key', hash: hashToken(secret), workspaceId, targetId: key.id })
  await audit.record(tx, {
    workspaceId,
    actor: actorOf(member),
    action: 'key.created',
    target: { kind: 'key', id: key.id },
    details: { ...settings, prefix: key.prefix, scopes, ownerId },
    address,
  })
  return { ...(await readOwn(tx, member, key.id)), secret }
}

async function update(
  { clock, audit, bus }: KeyParts,
  tx: Tx,
  member: Member,
  keyId: string,
  change: KeyChange,
  address: string,
): Promise<ApiKey> {
  const { workspaceId } = member
  refuseLimitedKeys(member)
  const before = await lockKey(tx, workspaceId, keyId, ownOnly(member))
  if (!before) throw notFound('key')
  await refuseFormerSecrets(tx, member)
  refuseOthersMaking(member, before.createdById)
  refuseWiderKeys(member, before.scopes)
  const after = changed(before, change, clock.now())
  if (after.teamId !== before.teamId) await checkTeam(tx, member, before.ownerId, after.teamId)
  if (change.expiresAt !== undefined) await refuseOutliving(tx, member, after.expiresAt)
  await updateKey(tx, workspaceId, keyId, after)
  await audit.record(tx, {
    workspaceId,
    actor: actorOf(member),
    action: 'key.updated',
    target: { kind: 'key', id: keyId },
    details: { name: before.name, before: only(before, change), after: only(after, change) },
    address,
  })
  await announceRevocation(bus, tx, { workspaceId, credentialId: keyId })
  return readOwn(tx, member, keyId)
}

function changed(before: LockedKey, change: KeyChange, now: Date): KeySettings {
  const { name = before.name, teamId = before.teamId, models = before.models } = change
  return {
    name,
    teamId,
    models,
    enabled: change.enabled ?? before.enabled,
    expiresAt: change.expiresAt === undefined ? before.expiresAt : future(change.expiresAt, now),
    limits: withLimits(before.limits, change.limits ?? {}),
  }
}

function withLimits(before: KeyLimits, { rpm, tpm, concurrency }: SomeLimits): KeyLimits {
  return {
    rpm: rpm === undefined ? before.rpm : rpm,
    tpm: tpm === undefined ? before.tpm : tpm,
    concurrency: concurrency === undefined ? before.concurrency : concurrency,
  }
}

/** The settings that a change names. */
const only = (settings: KeySettings, change: KeyChange): object =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => Object.hasOwn(change, name)))

async function readOwn(tx: Tx, member: Member, keyId: string): Promise<ApiKey> {
  const key = await readKey(tx, member.workspaceId, keyId, ownOnly(member))
  if (!key) throw notFound('key')
  return key
}
