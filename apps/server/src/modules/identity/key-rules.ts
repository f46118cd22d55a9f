import { gatewayScopes, type Permission } from '@atrium/contract'
import type { Tx } from '#platform/db'
import { forbidden, invalidInput, notFound } from '#platform/errors'
import type { Member } from '#platform/http'
import { isReplaced } from './store/tokens.ts'
import { findRole } from './views/callers.ts'
import { readKey } from './views/keys.ts'
import { findTeam } from './views/teams.ts'

/** Whose keys a member may see and change: null for everybody's. */
export const ownOnly = ({ role, personId }: Member): string | null =>
  role === 'owner' || role === 'admin' ? null : personId

/**
 * With a wider key in its hands a key could lift what limits that one. Persons may change each key that they see.
 * @throws AppError 403 to a key for another one with scopes that it lacks
 */
export function refuseWiderKeys(member: Member, scopes: readonly Permission[]): void {
  if (member.kind !== 'key') return
  const missing = scopes.filter((scope) => !member.permissions.has(scope))
  if (missing.length > 0) throw forbidden(`A key cannot change one with wider scopes: ${missing.join(', ')}.`)
}

/** @throws AppError 403 to members for a key that somebody else has made for them */
export function refuseOthersMaking(member: Member, createdById: string): void {
  if (ownOnly(member) !== null && createdById !== member.personId)
    throw forbidden('Somebody else made this key for you; an admin can change it.')
}

/** @throws AppError 403 for scopes that the caller lacks, and for others than `gatewayScopes` in a key for somebody else */
export function grantable(member: Member, ownerId: string, scopes: readonly Permission[]): Permission[] {
  const distinct = [...new Set(scopes)]
  const missing = distinct.filter((scope) => !member.permissions.has(scope))
  if (missing.length > 0) throw forbidden(`You cannot give what you do not have: ${missing.join(', ')}.`)
  const gateway: ReadonlySet<Permission> = new Set(gatewayScopes)
  // Who makes a key sees its secret: with wider scopes an admin could read what belongs to another person.
  if (ownerId !== member.personId && !distinct.every((scope) => gateway.has(scope))) {
    throw forbidden(`A key for somebody else may hold ${gatewayScopes.join(', ')} only.`)
  }
  return distinct
}

/** @throws AppError 403 when a member makes a key for somebody else, 404 when the owner is no member */
export async function checkOwner(tx: Tx, member: Member, ownerId: string): Promise<void> {
  if (ownerId === member.personId) return
  if (ownOnly(member) !== null) throw forbidden('Only admins can make keys for somebody else.')
  if (!(await findRole(tx, member.workspaceId, ownerId))) throw notFound('member')
}

/** @throws AppError 404 for a team that is not there, archived or, unless an admin asks, not the owner's */
export async function checkTeam(
  tx: Tx,
  member: Member,
  ownerId: string,
  teamId: string | null,
): Promise<void> {
  if (teamId === null) return
  const team = await findTeam(tx, member.workspaceId, teamId, ownerId)
  const mayChoose = team && !team.archived && (ownOnly(member) === null || team.role !== null)
  if (!mayChoose) throw notFound('team')
}

/** @throws AppError 400 for a time that has passed */
export function future(text: string | null, now: Date): Date | null {
  if (text === null) return null
  const time = new Date(text)
  if (time <= now) throw invalidInput('expiresAt: must be in the future')
  return time
}

/** @throws AppError 403 for a key that is limited: through another it could do what it may not do itself */
export function refuseLimitedKeys({ key }: Member): void {
  if (!key) return
  const { teamId, models, limits } = key
  const isLimited = teamId !== null || models !== null || Object.values(limits).some((one) => one !== null)
  if (isLimited) throw forbidden('A key with limits, models or a team cannot make or change keys.')
}

/**
 * Whoever has a secret that was replaced goes on for a while, but must not make it last: a key that it makes, or a new
 * secret that it is shown, would outlive it.
 * @throws AppError 403 for the former secret of a key
 */
export async function refuseFormerSecrets(tx: Tx, { workspaceId, key }: Member): Promise<void> {
  if (!key) return
  if (await isReplaced(tx, { workspaceId, targetId: key.id }, key.tokenId)) {
    throw forbidden('The secret of this key was replaced; use the new one to make or change keys.')
  }
}

/** @throws AppError 403 when a key that expires would make or change one that lasts longer */
export async function refuseOutliving(tx: Tx, member: Member, expiresAt: Date | null): Promise<void> {
  if (member.kind !== 'key') return
  const end = (await readKey(tx, member.workspaceId, member.credentialId, null))?.expiresAt
  if (end && (!expiresAt || expiresAt > new Date(end))) {
    throw forbidden('A key cannot make one that lasts longer than itself.')
  }
}
