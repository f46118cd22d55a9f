import type { Role } from '@atrium/contract'
import { changed, first, rows, sql, type Tx } from '#platform/db'
import { forgetLinks } from './mails.ts'

export interface StoredInvitation {
  readonly id: string
  readonly email: string
  readonly role: Role
}

/** Stores an invitation; an earlier one of the same address is replaced. */
export async function insertInvitation(
  tx: Tx,
  invitation: StoredInvitation & { workspaceId: string; invitedBy: string; createdAt: Date; expiresAt: Date },
): Promise<void> {
  const { workspaceId, id, email, role, invitedBy, createdAt, expiresAt } = invitation
  const old = await rows(
    tx,
    sql<{ id: string }>`
      DELETE FROM identity.invitations WHERE workspace_id = ${workspaceId} AND email = ${email} RETURNING id`,
  )
  for (const before of old) await forgetToken(tx, workspaceId, before.id)
  await sql`
    INSERT INTO identity.invitations (workspace_id, id, email, role, invited_by, created_at, expires_at)
    VALUES (${workspaceId}, ${id}, ${email}, ${role}, ${invitedBy}, ${createdAt}, ${expiresAt})`.execute(tx)
}

export interface OpenInvitation extends StoredInvitation {
  /** What the inviter is by now; null for one who is no member any more. */
  readonly inviterRole: Role | null
}

/** An invitation that has not run out, locked so that it is used once. */
export async function lockInvitation(
  tx: Tx,
  workspaceId: string,
  invitationId: string,
): Promise<OpenInvitation | undefined> {
  return first(
    tx,
    sql<OpenInvitation>`
      SELECT i.id, i.email, i.role, m.role AS "inviterRole" FROM identity.invitations i
      LEFT JOIN identity.members m ON m.workspace_id = i.workspace_id AND m.person_id = i.invited_by
      WHERE i.workspace_id = ${workspaceId} AND i.id = ${invitationId} AND i.expires_at > now()
      FOR UPDATE OF i`,
  )
}

/** Removes a person's invitations to these roles, with their tokens. */
export async function deleteInvitationsOf(
  tx: Tx,
  workspaceId: string,
  inviterId: string,
  to: readonly Role[],
): Promise<StoredInvitation[]> {
  const gone = await rows(
    tx,
    sql<StoredInvitation>`
      DELETE FROM identity.invitations
      WHERE workspace_id = ${workspaceId} AND invited_by = ${inviterId} AND role = ANY (${to}::text[])
      RETURNING id, email, role`,
  )
  for (const { id } of gone) await forgetToken(tx, workspaceId, id)
  return gone
}

/** Removes an invitation with its token; false when there is none. */
export async function deleteInvitation(tx: Tx, workspaceId: string, invitationId: string): Promise<boolean> {
  await forgetToken(tx, workspaceId, invitationId)
  const count = await changed(
    tx,
    sql`DELETE FROM identity.invitations WHERE workspace_id = ${workspaceId} AND id = ${invitationId}`,
  )
  return count > 0
}

/** Removes the token of an invitation from wherever it may be found. */
async function forgetToken(tx: Tx, workspaceId: string, invitationId: string): Promise<void> {
  const tokens = await rows(
    tx,
    sql<{ hash: Buffer }>`
      DELETE FROM identity.token_index WHERE workspace_id = ${workspaceId} AND target_id = ${invitationId}
      RETURNING hash`,
  )
  await forgetLinks(
    tx,
    tokens.map(({ hash }) => hash),
  )
}
