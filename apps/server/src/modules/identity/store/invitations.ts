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

/** An invitation that has not run out, locked so that it is used once. */
export async function lockInvitation(
  tx: Tx,
  workspaceId: string,
  invitationId: string,
): Promise<StoredInvitation | undefined> {
  return first(
    tx,
    sql<StoredInvitation>`
      SELECT id, email, role FROM identity.invitations
      WHERE workspace_id = ${workspaceId} AND id = ${invitationId} AND expires_at > now() FOR UPDATE`,
  )
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
