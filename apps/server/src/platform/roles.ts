import { createHmac } from 'node:crypto'
import pg from 'pg'

/** Connection strings of the three roles; see the security guide for what each may do. */
export interface RoleUrls {
  /** Owns schemas and tables; used by migrations only. */
  readonly owner: string
  /** Every request: no superuser, row-level security applies. */
  readonly app: string
  /** Background jobs: sees all workspaces through policies of its own. */
  readonly job: string
}

const roleNames = { owner: 'atrium_owner', app: 'atrium_app', job: 'atrium_job' } as const

/**
 * Makes or updates the roles with passwords derived from the installation's secret, and the database when it is missing.
 * @param adminUrl a superuser or a role that may create roles; its database is the one to use
 * @throws an error that says what the given role lacks
 */
export async function prepareRoles(adminUrl: string, secret: string, database?: string): Promise<RoleUrls> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'atrium-setup' })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey])
    await refuseOldServer(client)
    for (const role of Object.values(roleNames)) await prepareRole(client, role, passwordOf(secret, role))
    // Migrations hand functions over to the job role.
    await client.query(`GRANT ${roleNames.job} TO ${roleNames.owner}`)
    const name = database ?? (await currentDatabase(client))
    await prepareDatabase(client, name)
    const url = (role: string) => urlFor(adminUrl, role, passwordOf(secret, role), name)
    return { owner: url(roleNames.owner), app: url(roleNames.app), job: url(roleNames.job) }
  } finally {
    await client.end()
  }
}

/** Refuses a role on which row-level security has no effect. */
export async function refusePowerfulRole(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string; powerful: boolean }>(
    'SELECT rolname AS name, rolsuper OR rolbypassrls AS powerful FROM pg_roles WHERE rolname = current_user',
  )
  const role = rows[0]
  if (!role || role.powerful) {
    throw new Error(
      `The database role ${role?.name ?? '?'} is a superuser or bypasses row-level security; Atrium will not serve with it.`,
    )
  }
}

const lockKey = 7_461_900

const passwordOf = (secret: string, role: string): string =>
  createHmac('sha256', secret).update(`database role ${role}`).digest('base64url')

async function refuseOldServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string }>(
    `SELECT current_setting('server_version_num') AS version`,
  )
  if (Number(rows[0]?.version) < 150_000) throw new Error('Atrium needs PostgreSQL 15 or newer.')
}

async function prepareRole(client: pg.Client, role: string, password: string): Promise<void> {
  const known = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])
  const verb = known.rowCount ? 'ALTER' : 'CREATE'
  const options = known.rowCount ? 'LOGIN' : 'LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE'
  await client.query(`${verb} ROLE ${role} ${options} PASSWORD ${client.escapeLiteral(password)}`)
  await client.query(`GRANT ${role} TO CURRENT_USER`)
}

async function currentDatabase(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name')
  if (!rows[0]) throw new Error('The database has no name')
  return rows[0].name
}

async function prepareDatabase(client: pg.Client, name: string): Promise<void> {
  const known = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
  const quoted = client.escapeIdentifier(name)
  if (!known.rowCount)
    await client.query(
      `CREATE DATABASE ${quoted} OWNER ${roleNames.owner} ENCODING 'UTF8' TEMPLATE template0`,
    )
  await client.query(`GRANT CONNECT, CREATE ON DATABASE ${quoted} TO ${roleNames.owner}`)
  await client.query(`GRANT CONNECT ON DATABASE ${quoted} TO ${roleNames.app}`)
  // The job queue keeps a schema of its own.
  await client.query(`GRANT CONNECT, CREATE ON DATABASE ${quoted} TO ${roleNames.job}`)
}

/** The admin's address with another user and database; sockets are given as `?host=/folder`. */
function urlFor(adminUrl: string, role: string, password: string, database: string): string {
  const url = new URL(adminUrl)
  url.username = role
  url.password = password
  url.pathname = `/${encodeURIComponent(database)}`
  return url.toString()
}
