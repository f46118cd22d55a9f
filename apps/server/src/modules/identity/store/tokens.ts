import { first, sql, type Tx } from '#platform/db'

export type TokenKind = 'key' | 'invitation'

/** What a token opens. */
export interface TokenTarget {
  readonly workspaceId: string
  readonly targetId: string
}

/** Looks a token up by its SHA-256. */
export async function findToken(tx: Tx, kind: TokenKind, hash: Buffer): Promise<TokenTarget | undefined> {
  return first(
    tx,
    sql<TokenTarget>`
      SELECT workspace_id AS "workspaceId", target_id AS "targetId"
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
