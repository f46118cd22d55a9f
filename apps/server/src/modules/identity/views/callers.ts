import type { KeyLimits, Permission, Role } from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'

export interface SessionCaller {
  readonly sessionId: string
  readonly personId: string
  readonly name: string
  readonly isOperator: boolean
}

/** Who holds the session with this token, unless it has ended. */
export async function findSession(tx: Tx, token: string): Promise<SessionCaller | undefined> {
  return first(
    tx,
    sql<SessionCaller>`
      SELECT s.id AS "sessionId", p.id AS "personId", p.name, p.is_operator AS "isOperator"
      FROM identity.sessions s JOIN identity.people p ON p.id = s.person_id
      WHERE s.token = ${token} AND s.expires_at > now()`,
  )
}

/** The ids of the teams that the person `p` is in, without archived ones. */
const teamIds = (workspaceId: string) => sql`
  array(
    SELECT t.team_id FROM identity.team_members t
    JOIN identity.teams d ON d.workspace_id = t.workspace_id AND d.id = t.team_id
    WHERE t.workspace_id = ${workspaceId} AND t.person_id = p.id AND d.archived_at IS NULL
  ) AS "teamIds"`

export interface SessionMember extends SessionCaller {
  /** Null for one who is no member. */
  readonly role: Role | null
  readonly teamIds: readonly string[]
}

/** The same, with what that person is in a workspace. */
export async function findSessionMember(
  tx: Tx,
  token: string,
  workspaceId: string,
): Promise<SessionMember | undefined> {
  return first(
    tx,
    sql<SessionMember>`
      SELECT s.id AS "sessionId", p.id AS "personId", p.name, p.is_operator AS "isOperator", m.role,
        ${teamIds(workspaceId)}
      FROM identity.sessions s JOIN identity.people p ON p.id = s.person_id
      LEFT JOIN identity.members m ON m.workspace_id = ${workspaceId} AND m.person_id = p.id
      WHERE s.token = ${token} AND s.expires_at > now()`,
  )
}

export interface KeyCaller {
  readonly keyId: string
  readonly keyName: string
  readonly personId: string
  readonly name: string
  readonly isOperator: boolean
  readonly role: Role
  readonly scopes: readonly Permission[]
  readonly expiresAt: Date | null
  readonly enabled: boolean
  readonly teamId: string | null
  readonly models: readonly string[] | null
  readonly limits: KeyLimits
  /** Of the person; the key's own may be another. */
  readonly teamIds: readonly string[]
}

/** Who acts with a key, and as what. */
export async function findKey(tx: Tx, workspaceId: string, keyId: string): Promise<KeyCaller | undefined> {
  return first(
    tx,
    sql<KeyCaller>`
      SELECT k.id AS "keyId", k.name AS "keyName", p.id AS "personId", p.name, p.is_operator AS "isOperator", m.role, k.scopes,
        k.expires_at AS "expiresAt", k.enabled, k.team_id AS "teamId", k.models, ${teamIds(workspaceId)},
        json_build_object('rpm', k.rpm, 'tpm', k.tpm, 'concurrency', k.concurrency) AS limits
      FROM identity.api_keys k
      JOIN identity.members m ON m.workspace_id = k.workspace_id AND m.person_id = k.person_id
      JOIN identity.people p ON p.id = k.person_id
      WHERE k.workspace_id = ${workspaceId} AND k.id = ${keyId}`,
  )
}

/** The role of a person in a workspace. */
export async function findRole(tx: Tx, workspaceId: string, personId: string): Promise<Role | undefined> {
  const row = await first(
    tx,
    sql<{ role: Role }>`
      SELECT role FROM identity.members WHERE workspace_id = ${workspaceId} AND person_id = ${personId}`,
  )
  return row?.role
}

/** An open stream: whose it is, and on what it rests. */
export interface WatchedAccess {
  readonly kind: 'session' | 'key'
  readonly credentialId: string
  /** Which of the secrets of a key; null for a session. */
  readonly tokenId: string | null
  readonly personId: string
  readonly workspaceId: string
  /** Null when the stream does not depend on the role. */
  readonly role: Role | null
}

/** The places in the list of those whose credential or membership is gone; needs the job role, which sees all. */
export async function findEnded(tx: Tx, watched: readonly WatchedAccess[]): Promise<number[]> {
  const list = JSON.stringify(watched)
  const ended = await rows(
    tx,
    sql<{ place: number }>`
      SELECT (w.place - 1)::int AS place
      FROM rows FROM (jsonb_to_recordset(${list}::jsonb)
        AS (kind text, "credentialId" uuid, "tokenId" uuid, "personId" uuid, "workspaceId" uuid, role text))
        WITH ORDINALITY AS w (kind, credential_id, token_id, person_id, workspace_id, role, place)
      WHERE NOT EXISTS (
        SELECT 1 FROM identity.members m
        WHERE m.workspace_id = w.workspace_id AND m.person_id = w.person_id AND (w.role IS NULL OR m.role = w.role))
      OR CASE w.kind
        WHEN 'session' THEN NOT EXISTS (
          SELECT 1 FROM identity.sessions s WHERE s.id = w.credential_id AND s.expires_at > now())
        ELSE NOT EXISTS (
          SELECT 1 FROM identity.api_keys k
          WHERE k.workspace_id = w.workspace_id AND k.id = w.credential_id AND k.enabled
            AND (k.expires_at IS NULL OR k.expires_at > now()))
          OR NOT EXISTS (
          SELECT 1 FROM identity.token_index i
          WHERE i.workspace_id = w.workspace_id AND i.target_id = w.credential_id AND i.id = w.token_id
            AND (i.expires_at IS NULL OR i.expires_at > now()))
      END`,
  )
  return ended.map(({ place }) => place)
}

/** The person who has owned the workspace the longest. */
export async function findFirstOwner(tx: Tx, workspaceId: string): Promise<string | undefined> {
  const row = await first(
    tx,
    sql<{ personId: string }>`
      SELECT person_id AS "personId" FROM identity.members
      WHERE workspace_id = ${workspaceId} AND role = 'owner' ORDER BY joined_at, person_id LIMIT 1`,
  )
  return row?.personId
}
