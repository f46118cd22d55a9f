import type { ApiKey, Permission } from '@atrium/contract'
import { z } from 'zod'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import { forbidden, invalidInput, notFound } from '#platform/errors'
import { decodeCursor, type Member, paginate } from '#platform/http'
import { actorOf } from './actors.ts'
import type { Audit } from './audit.ts'
import { announceRevocation } from './notices.ts'
import { deleteKey, insertKey } from './store/keys.ts'
import { insertToken } from './store/tokens.ts'
import { hashToken, keyPrefix, mintToken, shownPrefix } from './tokens.ts'
import { readKey, readKeys } from './views/keys.ts'
import type { Page, PageQuery } from './workspaces.ts'

export interface NewKeyInput {
  readonly name: string
  readonly scopes: readonly Permission[]
  /** RFC 3339; null for a key that does not expire. */
  readonly expiresAt: string | null
}

/** API keys of a workspace. */
export interface Keys {
  /** @throws AppError 403 for scopes that the caller lacks, 400 for a time in the past */
  create(member: Member, input: NewKeyInput, address: string): Promise<ApiKey & { secret: string }>
  list(member: Member, query: PageQuery): Promise<Page<ApiKey>>
  revoke(member: Member, keyId: string, address: string): Promise<void>
}

export interface KeyParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly audit: Audit
}

export function createKeys({ db, bus, clock, audit }: KeyParts): Keys {
  return {
    create: (member, input, address) =>
      db.withWorkspace(member.workspaceId, async (tx) => {
        const { workspaceId, personId } = member
        const scopes = grantable(member, input.scopes)
        const expiresAt = future(input.expiresAt, clock.now())
        await refuseOutliving(member, expiresAt, () => readKey(tx, workspaceId, member.credentialId))
        const secret = mintToken(keyPrefix)
        const key = { id: clock.uuid(), personId, name: input.name, prefix: shownPrefix(secret), scopes }
        await insertKey(tx, { ...key, workspaceId, createdAt: clock.now(), expiresAt })
        await insertToken(tx, { kind: 'key', hash: hashToken(secret), workspaceId, targetId: key.id })
        await audit.record(tx, {
          workspaceId,
          actor: actorOf(member),
          action: 'key.created',
          target: { kind: 'key', id: key.id },
          details: { name: input.name, prefix: key.prefix, scopes, expiresAt: input.expiresAt },
          address,
        })
        const stored = await readKey(tx, workspaceId, key.id)
        if (!stored) throw notFound('key')
        return { ...stored, secret }
      }),

    list: async (member, { limit, cursor }) => {
      const { workspaceId } = member
      const before = cursor === undefined ? null : decodeCursor(cursor, z.uuid())[0]
      const options = { personId: ownOnly(member), limit: limit + 1, before }
      const list = await db.withWorkspace(workspaceId, (tx) => readKeys(tx, workspaceId, options))
      return paginate(list, limit, ({ id }) => [id])
    },

    revoke: (member, keyId, address) =>
      db.withWorkspace(member.workspaceId, async (tx) => {
        const { workspaceId } = member
        if (!(await deleteKey(tx, workspaceId, keyId, ownOnly(member)))) throw notFound('key')
        await audit.record(tx, {
          workspaceId,
          actor: actorOf(member),
          action: 'key.revoked',
          target: { kind: 'key', id: keyId },
          address,
        })
        await announceRevocation(bus, tx, { workspaceId, credentialId: keyId })
      }),
  }
}

/** Whose keys a member may see and revoke: null for everybody's. */
const ownOnly = ({ role, personId }: Member): string | null =>
  role === 'owner' || role === 'admin' ? null : personId

function grantable({ permissions }: Member, scopes: readonly Permission[]): Permission[] {
  const distinct = [...new Set(scopes)]
  const missing = distinct.filter((scope) => !permissions.has(scope))
  if (missing.length > 0) throw forbidden(`You cannot give what you do not have: ${missing.join(', ')}.`)
  return distinct
}

function future(text: string | null, now: Date): Date | null {
  if (text === null) return null
  const time = new Date(text)
  if (time <= now) throw invalidInput('expiresAt: must be in the future')
  return time
}

/** A key that expires must not make one that lasts longer. */
async function refuseOutliving(
  { kind }: Member,
  expiresAt: Date | null,
  readCreator: () => Promise<ApiKey | undefined>,
): Promise<void> {
  if (kind !== 'key') return
  const end = (await readCreator())?.expiresAt
  if (end && (!expiresAt || expiresAt > new Date(end))) {
    throw forbidden('A key cannot make one that lasts longer than itself.')
  }
}
