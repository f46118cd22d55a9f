import { createHash, createHmac } from 'node:crypto'
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

/** Names of the three roles. */
export type RoleNames = Readonly<Record<keyof RoleUrls, string>>

/**
 * Makes or updates the roles with passwords derived from the installation's secret, and the database when it is missing.
 * Roles belong to the whole server while an installation is one database, so they are named after it; a database
 * keeps the roles that own it, whatever it is called now.
 * @param adminUrl a superuser or a role that may create roles; its database is the one to use
 * @throws an error that says what the given role lacks
 */
export async function prepareRoles(adminUrl: string, secret: string, database?: string): Promise<RoleUrls> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'atrium-setup' })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey])
    await refuseOldServer(client)
    const name = database ?? (await currentDatabase(client))
    const roles = (await rolesInUse(client, adminUrl, name)) ?? rolesFor(name)
    for (const role of Object.values(roles)) await prepareRole(client, role, passwordOf(secret, role))
    // Migrations hand functions over to the job role.
    await client.query(`GRANT ${roles.job} TO ${roles.owner}`)
    await prepareDatabase(client, name, roles)
    const url = (role: string) => urlFor(adminUrl, role, passwordOf(secret, role), name)
    return { owner: url(roles.owner), app: url(roles.app), job: url(roles.job) }
  } finally {
    await client.end()
  }
}

const named = (suffix: string): RoleNames => ({
  owner: `atrium_owner${suffix}`,
  app: `atrium_app${suffix}`,
  job: `atrium_job${suffix}`,
})

/** The roles that belong together with an owner; null for a role of another kind. */
export function rolesOfOwner(owner: string): RoleNames | null {
  const suffix = /^atrium_owner((?:_[a-z0-9_]+)?)$/.exec(owner)?.[1]
  return suffix === undefined ? null : named(suffix)
}

/** PostgreSQL cuts longer names off. */
const longestName = 63

/** Names for a new database: plain lower-case words, which need no quotation marks in SQL. */
function rolesFor(database: string): RoleNames {
  const room = longestName - named('_').owner.length
  const words = database.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')
  if (words === database && words.length <= room) return named(`_${words}`)
  const digest = createHash('sha256').update(database).digest('hex').slice(0, 10)
  return named(`_${words.slice(0, room - digest.length - 1)}_${digest}`)
}

/** The roles of a database that an Atrium has made before. */
async function rolesInUse(admin: pg.Client, adminUrl: string, database: string): Promise<RoleNames | null> {
  if (!(await hasDatabase(admin, database))) return null
  const client = new pg.Client({ connectionString: addressIn(adminUrl, database).toString() })
  await client.connect()
  try {
    const { rows } = await client.query<{ owner: string }>(
      `SELECT rolname AS owner FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE nspname = 'platform'`,
    )
    return rows[0] ? rolesOfOwner(rows[0].owner) : null
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

async function hasDatabase(client: pg.Client, name: string): Promise<boolean> {
  return Boolean((await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])).rowCount)
}

async function prepareDatabase(client: pg.Client, name: string, roles: RoleNames): Promise<void> {
  const quoted = client.escapeIdentifier(name)
  if (!(await hasDatabase(client, name)))
    await client.query(`CREATE DATABASE ${quoted} OWNER ${roles.owner} ENCODING 'UTF8' TEMPLATE template0`)
  await client.query(`GRANT CONNECT, CREATE ON DATABASE ${quoted} TO ${roles.owner}`)
  await client.query(`GRANT CONNECT ON DATABASE ${quoted} TO ${roles.app}`)
  // The job queue keeps a schema of its own.
  await client.query(`GRANT CONNECT, CREATE ON DATABASE ${quoted} TO ${roles.job}`)
}

/** The admin's address with another user. */
function urlFor(adminUrl: string, role: string, password: string, database: string): string {
  const url = addressIn(adminUrl, database)
  url.username = role
  url.password = password
  return url.toString()
}

/** The admin's address with another database; sockets are given as `?host=/folder`. */
function addressIn(adminUrl: string, database: string): URL {
  const url = new URL(adminUrl)
  url.pathname = `/${encodeURIComponent(database)}`
  return url
}
