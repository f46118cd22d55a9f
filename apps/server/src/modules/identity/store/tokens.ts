import { first, sql, type Tx } from '#platform/db'

export type TokenKind = 'key' | 'invitation'

/** What a token opens. */
export interface TokenTarget {
  readonly workspaceId: string
  readonly targetId: string
}

export interface Token extends TokenTarget {
  readonly id: string
  /** From when on it opens nothing; null while nothing has taken its place. */
  readonly expiresAt: Date | null
}

/** Looks a token up by its SHA-256, also one that has run out. */
export async function findToken(tx: Tx, kind: TokenKind, hash: Buffer): Promise<Token | undefined> {
  return first(
    tx,
    sql<Token>`
      SELECT id, workspace_id AS "workspaceId", target_id AS "targetId", expires_at AS "expiresAt"
      FROM identity.token_index WHERE hash = ${hash} AND kind = ${kind}`,
  )
}

export async function insertToken(
  tx: Tx,
  token: TokenTarget & { kind: TokenKind; hash: Buffer },
): Promise<void> {
  await sql`
    INSERT INTO identity.token_index (hash, kind, workspace_id, target_id)
    VALUES (${token.hash}, ${token.kind}, ${token.workspaceId}, ${token.targetId})`.execute(tx)
}

/** Lets what has opened something so far open it until then at the latest. */
export async function endTokens(tx: Tx, { workspaceId, targetId }: TokenTarget, at: Date): Promise<void> {
  await sql`
    UPDATE identity.token_index SET expires_at = least(expires_at, ${at})
    WHERE workspace_id = ${workspaceId} AND target_id = ${targetId}`.execute(tx)
}

/** Whether something has taken the place of a token, though it may still open; also when it is gone. */
export async function isReplaced(
  tx: Tx,
  { workspaceId, targetId }: TokenTarget,
  tokenId: string,
): Promise<boolean> {
  const row = await first(
    tx,
    sql`
      SELECT 1 FROM identity.token_index
      WHERE workspace_id = ${workspaceId} AND target_id = ${targetId} AND id = ${tokenId} AND expires_at IS NULL`,
  )
  return row === undefined
}

/** Removes tokens that ran out a month ago: until then their users are told why they do not open. */
export async function deleteEndedTokens(tx: Tx): Promise<void> {
  await sql`DELETE FROM identity.token_index WHERE expires_at < now() - interval '30 days'`.execute(tx)
}
