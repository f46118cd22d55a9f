import { hash } from 'node:crypto'
import { type Permission, rolePermissions } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import { AppError, notFound } from '#platform/errors'
import type { Caller, Gatekeeper, Member } from '#platform/http'
import { credentialOf } from './credentials.ts'
import { accessRevoked } from './notices.ts'
import { findToken } from './store/tokens.ts'
import { hashToken } from './tokens.ts'
import type { Usage } from './usage.ts'
import {
  findKey,
  findSession,
  findSessionMember,
  type KeyCaller,
  type SessionCaller,
} from './views/callers.ts'
import type { Watches } from './watches.ts'

export interface GatekeeperParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly watches: Watches
  readonly usage: Usage
  /** Name of the session cookie, and the secret that signs it. */
  readonly cookie: { readonly name: string; readonly secret: string }
}

/** Proves callers by session or API key and lets members into their workspaces. */
export function createGatekeeper(parts: GatekeeperParts, scope: AsyncDisposableStack): Gatekeeper {
  const { db, watches, usage, cookie } = parts
  const keyHolder = createKeyCache(parts, scope)

  const holderOf = (found: SessionCaller): Caller => {
    usage.session(found.sessionId)
    const { sessionId: credentialId, personId, name, isOperator } = found
    return { kind: 'session', credentialId, personId, name, isOperator, workspaceId: null, scopes: null }
  }

  const sessionHolder = async (token: string): Promise<Caller | null> => {
    const found = await db.readOnly((tx) => findSession(tx, token))
    return found ? holderOf(found) : null
  }

  const sessionMember = async (token: string, workspaceId: string): Promise<Member | null> => {
    const found = await db.readWorkspace(workspaceId, (tx) => findSessionMember(tx, token, workspaceId))
    if (!found) return null
    if (!found.role) throw notFound('workspace')
    return memberOf(holderOf(found), { ...found, workspaceId, role: found.role, key: null })
  }

  return {
    authenticate: (request) => {
      const credential = credentialOf(request, cookie.name, cookie.secret)
      if (!credential) return null
      return credential.kind === 'key' ? keyHolder(credential.key) : sessionHolder(credential.token)
    },
    admit: async (request, workspaceId) => {
      const credential = credentialOf(request, cookie.name, cookie.secret)
      if (!credential) return null
      if (credential.kind === 'session') return sessionMember(credential.token, workspaceId)
      return enterWithKey(await keyHolder(credential.key), workspaceId)
    },
    watch: (caller, workspaceId) => {
      const { kind, credentialId, personId } = caller
      const role = isMember(caller) ? caller.role : null
      const tokenId = isMember(caller) ? (caller.key?.tokenId ?? null) : null
      return watches.add({ kind, credentialId, tokenId, personId, workspaceId, role })
    },
  }
}

const isMember = (caller: Caller): caller is Member => 'role' in caller

/** Who holds a key was proven to be a member together with the key. */
function enterWithKey(member: Member, workspaceId: string): Member {
  if (member.workspaceId !== workspaceId) throw notFound('workspace')
  return member
}

function memberOf(
  caller: Caller,
  { workspaceId, role, teamIds, key }: Pick<Member, 'workspaceId' | 'role' | 'teamIds' | 'key'>,
): Member {
  const ofRole = rolePermissions[role]
  const permissions: ReadonlySet<Permission> = caller.scopes ? ofRole.intersection(caller.scopes) : ofRole
  return { ...caller, workspaceId, role, permissions, teamIds, key }
}

const cachedMs = 4000
const maxCached = 10_000

interface Held {
  readonly member: Member
  /** Of the key. */
  readonly expiresAt: Date | null
  /** Of the secret: another one has taken its place. */
  readonly replacedAt: Date | null
}

interface Known {
  readonly until: number
  readonly looking: Promise<Held>
  /** What was found, once it was. */
  held: Held | undefined
}

/** Verifies keys and remembers them for four seconds, or until any access is revoked. */
function createKeyCache({ db, bus, clock, usage }: GatekeeperParts, scope: AsyncDisposableStack) {
  const known = new Map<string, Known>()
  const forgetAll = () => known.clear()
  scope.defer(bus.subscribe(accessRevoked, forgetAll))
  scope.defer(bus.onGap(forgetAll))

  const look = async (digest: Buffer): Promise<Held> => {
    const target = await db.readOnly((tx) => findToken(tx, 'key', digest))
    if (!target) throw unknownKey()
    const { workspaceId, targetId, id: tokenId, expiresAt: replacedAt } = target
    const found = await db.readWorkspace(workspaceId, (tx) => findKey(tx, workspaceId, targetId))
    if (!found) throw unknownKey()
    if (!found.enabled) throw new AppError('INVALID_API_KEY', 'This API key is switched off.')
    return { member: keyMember(found, workspaceId, tokenId), expiresAt: found.expiresAt, replacedAt }
  }

  const remember = (name: string, key: string): Known => {
    const fresh: Known = {
      until: performance.now() + cachedMs,
      looking: look(hashToken(key)),
      held: undefined,
    }
    fresh.looking.then(
      (held) => (fresh.held = held),
      () => known.delete(name),
    )
    if (known.size >= maxCached) known.clear()
    known.set(name, fresh)
    return fresh
  }

  const enter = ({ member, expiresAt, replacedAt }: Held): Member => {
    if (expiresAt && expiresAt <= clock.now())
      throw new AppError('EXPIRED_TOKEN', 'This API key has expired.')
    if (replacedAt && replacedAt <= clock.now())
      throw new AppError('EXPIRED_TOKEN', 'This API key was replaced; use the new one.')
    usage.key(member.workspaceId, member.credentialId)
    return member
  }

  return (key: string): Member | Promise<Member> => {
    // Remembered by its hash: no key outlives its request in memory.
    const name = hash('sha256', key, 'base64')
    const entry = known.get(name)
    const { held, looking } = entry && entry.until > performance.now() ? entry : remember(name, key)
    return held ? enter(held) : looking.then(enter)
  }
}

const unknownKey = (): AppError => new AppError('INVALID_API_KEY', 'This API key is not valid.')

function keyMember(found: KeyCaller, workspaceId: string, tokenId: string): Member {
  const { keyId: credentialId, keyName, personId, name, isOperator, role, teamId, models, limits } = found
  const scopes: ReadonlySet<Permission> = new Set(found.scopes)
  const teamIds = teamId === null ? found.teamIds : [...new Set([...found.teamIds, teamId])]
  return memberOf(
    { kind: 'key', credentialId, personId, name, isOperator, workspaceId, scopes },
    { workspaceId, role, teamIds, key: { id: credentialId, name: keyName, tokenId, teamId, models, limits } },
  )
}
