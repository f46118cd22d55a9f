import { changed, sql, type Tx } from '#platform/db'
import { forgetExpiredLinks } from './mails.ts'
import { deleteEndedTokens } from './tokens.ts'

/** Ends one session of a person; false when there is none. */
export async function deleteSession(tx: Tx, personId: string, sessionId: string): Promise<boolean> {
  const count = await changed(
    tx,
    sql`DELETE FROM identity.sessions WHERE id = ${sessionId} AND person_id = ${personId}`,
  )
  return count > 0
}

/** Ends all sessions of a person but one, also those that devices were promised and have not fetched yet. */
export async function deleteOtherSessions(tx: Tx, personId: string, sessionId: string): Promise<void> {
  await sql`DELETE FROM identity.sessions WHERE person_id = ${personId} AND id <> ${sessionId}`.execute(tx)
  await forgetDevices(tx, personId)
}

/** Lets no device in that a person has approved and that has not fetched its session yet. */
export async function forgetDevices(tx: Tx, personId: string): Promise<void> {
  await sql`DELETE FROM identity.device_codes WHERE person_id = ${personId}`.execute(tx)
}

/** Notes that sessions and keys were used just now; needs the job role, since keys belong to many workspaces. */
export async function markUsed(
  tx: Tx,
  sessionIds: readonly string[],
  keys: readonly { workspaceId: string; keyId: string }[],
): Promise<void> {
  await sql`UPDATE identity.sessions SET last_used_at = now() WHERE id = ANY (${sessionIds}::uuid[])`.execute(
    tx,
  )
  await sql`
    UPDATE identity.api_keys k SET last_used_at = now()
    FROM unnest(${keys.map(({ workspaceId }) => workspaceId)}::uuid[], ${keys.map(({ keyId }) => keyId)}::uuid[])
      AS used (workspace_id, id)
    WHERE k.workspace_id = used.workspace_id AND k.id = used.id`.execute(tx)
}

/** Removes what has run out: sessions, links (also those in mails), attempt counters, and mails after a month. */
export async function deleteExpired(tx: Tx): Promise<void> {
  await sql`DELETE FROM identity.sessions WHERE expires_at < now()`.execute(tx)
  await sql`DELETE FROM identity.verifications WHERE expires_at < now()`.execute(tx)
  await sql`DELETE FROM identity.device_codes WHERE expires_at < now()`.execute(tx)
  await forgetExpiredLinks(tx)
  await deleteEndedTokens(tx)
  await sql`DELETE FROM identity.rate_limits WHERE ends_at < now()`.execute(tx)
  await sql`DELETE FROM identity.mails WHERE created_at < now() - interval '30 days'`.execute(tx)
  await sql`
    WITH gone AS (DELETE FROM identity.invitations WHERE expires_at < now() RETURNING workspace_id, id)
    DELETE FROM identity.token_index t USING gone g
    WHERE t.workspace_id = g.workspace_id AND t.target_id = g.id`.execute(tx)
}
