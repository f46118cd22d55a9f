import type { Bootstrap, Person, Session, Workspace } from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'

interface PersonRow extends Omit<Person, 'createdAt'> {
  readonly createdAt: Date
}

const personColumns = sql`
  p.id, p.name, p.email, p.email_verified AS "emailVerified", p.is_operator AS "isOperator", p.instructions,
  p.created_at AS "createdAt"`

const toPerson = (row: PersonRow): Person => ({ ...row, createdAt: row.createdAt.toISOString() })

export async function readPerson(tx: Tx, personId: string): Promise<Person | undefined> {
  const row = await first(
    tx,
    sql<PersonRow>`SELECT ${personColumns} FROM identity.people p WHERE p.id = ${personId}`,
  )
  return row && toPerson(row)
}

/** Names by id; ids that nobody has are left out. */
export async function readNames(tx: Tx, ids: readonly string[]): Promise<Map<string, string>> {
  const list = await rows(
    tx,
    sql<{ id: string; name: string }>`
      SELECT id, name FROM identity.people WHERE id = ANY (${ids}::uuid[]) LIMIT 1000`,
  )
  return new Map(list.map(({ id, name }) => [id, name]))
}

export interface ShownSession extends Omit<Session, 'current'> {}

/** The sessions of a person that have not ended, the last used first. */
export async function readSessions(tx: Tx, personId: string): Promise<ShownSession[]> {
  const list = await rows(
    tx,
    sql<
      Omit<ShownSession, 'createdAt' | 'lastUsedAt' | 'expiresAt'> &
        Record<'createdAt' | 'lastUsedAt' | 'expiresAt', Date>
    >`
      SELECT id, nullif(user_agent, '') AS "userAgent", nullif(ip_address, '') AS address, created_at AS "createdAt",
        last_used_at AS "lastUsedAt", expires_at AS "expiresAt"
      FROM identity.sessions WHERE person_id = ${personId} AND expires_at > now()
      ORDER BY last_used_at DESC, id LIMIT 200`,
  )
  return list.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  }))
}

export interface FirstScreenRow {
  readonly registration: Bootstrap['registration'] | null
  readonly workspaceCreation: Bootstrap['workspaceCreation'] | null
  readonly person: Person | null
  readonly workspaces: Workspace[]
  /** Whether the end of the session should be moved on. */
  readonly renewalDue: boolean
}

/** For whom the first screen is. */
export interface Viewer {
  readonly personId: string
  /** Null for callers without a session. */
  readonly sessionId: string | null
  /** The one workspace to show, for callers that a key ties to it. */
  readonly only: string | null
}

/** RFC 3339 with milliseconds, as `Date.toISOString` writes it. */
const iso = (column: string) =>
  sql`to_char(${sql.ref(column)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** The installation, the viewer and their workspaces in one round trip; run in the person's scope. */
export async function readFirstScreen(
  tx: Tx,
  viewer: Viewer | null,
  renewalSeconds: number,
): Promise<FirstScreenRow> {
  const { personId = null, sessionId = null, only = null } = viewer ?? {}
  const row = await first(
    tx,
    sql<FirstScreenRow>`
      SELECT (SELECT registration FROM identity.installation) AS registration,
        (SELECT workspace_creation FROM identity.installation) AS "workspaceCreation",
        (SELECT json_build_object('id', p.id, 'name', p.name, 'email', p.email, 'emailVerified', p.email_verified,
            'isOperator', p.is_operator, 'instructions', p.instructions, 'createdAt', ${iso('p.created_at')})
          FROM identity.people p WHERE p.id = ${personId}) AS person,
        coalesce((SELECT json_agg(w.entry ORDER BY w.joined_at, w.id) FROM (
          SELECT m.joined_at, w.workspace_id AS id, json_build_object('id', w.workspace_id, 'name', w.name,
            'role', m.role, 'instructions', w.instructions, 'defaultModel', w.default_model,
            'createdAt', ${iso('w.created_at')}) AS entry
          FROM identity.members m JOIN identity.workspaces w ON w.workspace_id = m.workspace_id
          WHERE m.person_id = ${personId} AND (${only}::uuid IS NULL OR m.workspace_id = ${only})
          ORDER BY m.joined_at, m.workspace_id LIMIT 500) w), '[]') AS workspaces,
        coalesce((SELECT now() > updated_at + make_interval(secs => ${renewalSeconds})
          FROM identity.sessions WHERE id = ${sessionId}), false) AS "renewalDue"`,
  )
  return (
    row ?? { registration: null, workspaceCreation: null, person: null, workspaces: [], renewalDue: false }
  )
}
