import { type Role, rolePermissions, roles } from '@atrium/contract'
import { AppError } from '#platform/errors'

/** Whether somebody with one role may invite people to another. */
const mayInvite = (inviter: Role, role: Role): boolean =>
  rolePermissions[inviter].has('member:manage') && (role !== 'owner' || inviter === 'owner')

/** The roles to which somebody with that role, or without one, may not invite. */
export const outOfReach = (inviter: Role | null): Role[] =>
  roles.filter((role) => inviter === null || !mayInvite(inviter, role))

export interface Invited {
  readonly role: Role
  /** Of whoever wrote the invitation, as it is now; null for one who is no member any more. */
  readonly inviterRole: Role | null
}

/**
 * Gives back an invitation that whoever wrote it could still write: what a role gave does not outlive it.
 * @throws AppError 404 otherwise, and without an invitation
 */
export function standing<T extends Invited>(invitation: T | undefined): T {
  if (!invitation?.inviterRole || !mayInvite(invitation.inviterRole, invitation.role)) throw invitationGone()
  return invitation
}

/** The one answer for tokens that are unknown, used, withdrawn or too old. */
export const invitationGone = (): AppError =>
  new AppError('INVITATION_NOT_FOUND', 'This invitation does not exist or is not valid any more.', {
    status: 404,
  })
