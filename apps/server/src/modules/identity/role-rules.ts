import { type Role, rolePermissions } from '@atrium/contract'
import { forbidden } from '#platform/errors'
import type { Member } from '#platform/http'

/**
 * Refuses keys that touch roles which may do more than they: through a person with such a role a key could do what its
 * scopes deny it.
 * @throws AppError 403
 */
export function refuseBeyondKey(member: Member, ...roles: readonly Role[]): void {
  if (member.kind !== 'key') return
  for (const role of roles) {
    const missing = [...rolePermissions[role]].filter((one) => !member.permissions.has(one))
    if (missing.length > 0) {
      throw forbidden(
        `A key cannot give or take the role ${role} without all that it may: ${missing.join(', ')}.`,
      )
    }
  }
}
