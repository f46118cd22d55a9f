import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type TestClient } from '@atrium/testkit'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { readCommand } from './platform/config.ts'
import { silentLog } from './platform/log.ts'
import { migrate } from './platform/migrate.ts'
import { prepareRoles } from './platform/roles.ts'
import { migrationSources, start, type RunningServer } from './start.ts'

const { adminUrl } = inject('cluster')
const log = silentLog()

let scope: AsyncDisposableStack
beforeEach(async () => {
  scope = new AsyncDisposableStack()
  const before = await atriumRoles()
  scope.defer(async () => {
    const made = (await atriumRoles()).filter((role) => !before.includes(role))
    if (made.length > 0) await inDatabase(adminUrl, (admin) => admin.query(`DROP ROLE ${made.join(', ')}`))
  })
})
afterEach(() => scope.disposeAsync())

async function inDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const atriumRoles = (): Promise<string[]> =>
  inDatabase(adminUrl, async (admin) => {
    const { rows } = await admin.query<{ name: string }>(
      `SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 'atrium\\_%'`,
    )
    return rows.map(({ name }) => name)
  })

/** A new, empty database; gives its address with the administrator's rights. */
async function makeDatabase(prefix: string): Promise<{ name: string; url: string }> {
  const name = `${prefix}${randomBytes(4).toString('hex')}`
  const quoted = pg.escapeIdentifier(name)
  await inDatabase(adminUrl, (admin) => admin.query(`CREATE DATABASE ${quoted} TEMPLATE template0`))
  scope.defer(() =>
    inDatabase(adminUrl, async (admin) => {
      await admin.query(`DROP DATABASE ${quoted} WITH (FORCE)`)
    }),
  )
  const url = new URL(adminUrl)
  url.pathname = `/${encodeURIComponent(name)}`
  return { name, url: url.toString() }
}

interface Installation {
  readonly server: RunningServer
  readonly client: TestClient
  readonly databaseUrl: string
}

/** Boots the whole server on a database of somebody else's PostgreSQL, with a secret of its own. */
async function install(databaseUrl: string, secret: string): Promise<Installation> {
  const dataDir = await mkdtemp(join(tmpdir(), 'atrium-two-'))
  scope.defer(() => rm(dataDir, { recursive: true, force: true }))
  const environment = {
    PORT: '0',
    DATABASE_URL: databaseUrl,
    ATRIUM_SECRET: secret,
    ATRIUM_DATA_DIR: dataDir,
  }
  const command = readCommand({ argv: [], environment })
  if (command.kind !== 'start') throw new Error('the configuration asks for something else')
  const server = scope.use(await start(command.config, { log }))
  return { server, client: createClient(server.url), databaseUrl }
}

const account = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery staple' }
const signUp = async ({ client }: Installation) =>
  (await client.post('/api/v1/auth/sign-up', { ...account, workspaceName: 'Team' })).status

/** The role as which requests reach the database. */
const roleOf = async ({ server }: Installation): Promise<string> => {
  const { rows } = await server.platform.db.pool.query<{ name: string }>('SELECT current_user AS name')
  return rows[0]?.name ?? ''
}

it('two installations on one PostgreSQL have roles and passwords of their own', async () => {
  const [one, other] = [await makeDatabase('one_'), await makeDatabase('other_')]
  const secrets = [
    'the secret of one installation, at least',
    'the secret of the other installation, also',
  ] as const
  const first = await install(one.url, secrets[0])
  const second = await install(other.url, secrets[1])
  expect([await roleOf(first), await roleOf(second)]).toEqual([
    `atrium_app_${one.name}`,
    `atrium_app_${other.name}`,
  ])
  expect([await signUp(first), await signUp(second)]).toEqual([201, 201])

  // Had they shared their roles, the start of one would have changed the other's passwords.
  const others = await prepareRoles(other.url, secrets[1])
  const own = await prepareRoles(one.url, secrets[0])
  await inDatabase(others.app, (app) => app.query('SELECT 1'))
  for (const role of [own.owner, own.app, own.job]) {
    const elsewhere = new URL(role)
    elsewhere.pathname = `/${other.name}`
    await inDatabase(elsewhere.toString(), async (stranger) => {
      await expect(stranger.query('SELECT * FROM identity.people')).rejects.toThrow('permission denied')
      await expect(stranger.query('SELECT * FROM jobs.job')).rejects.toThrow('permission denied')
    })
  }
})

it('names of databases that are long or no plain words give roles that fit and differ', async () => {
  const names = ['Team Räume-', 'team_raeume_', `${'long'.repeat(13)}_`, `${'long'.repeat(13)}-`]
  const roles: string[] = []
  for (const name of names) {
    const { url } = await makeDatabase(name)
    const { owner, app, job } = await prepareRoles(url, 'a secret that is long enough for this')
    for (const address of [owner, app, job]) {
      roles.push(new URL(address).username)
      await inDatabase(address, (client) => client.query('SELECT 1'))
    }
  }
  expect(roles.filter((role) => !/^atrium_(owner|app|job)_[a-z0-9_]{1,50}$/.test(role))).toEqual([])
  expect(new Set(roles).size).toBe(12)
})

it('a database that was made with roles of the same name everywhere keeps them', async () => {
  const secret = 'the secret of an old installation, long'
  const { name, url } = await makeDatabase('old_')
  await inDatabase(url, async (admin) => {
    for (const role of ['atrium_owner', 'atrium_app', 'atrium_job'])
      await admin.query(`CREATE ROLE ${role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD 'as it was'`)
    await admin.query(`GRANT atrium_job TO atrium_owner`)
    await admin.query(`GRANT CREATE ON DATABASE ${name} TO atrium_owner, atrium_job`)
  })
  const owner = new URL(url)
  owner.username = 'atrium_owner'
  owner.password = 'as it was'
  await migrate(owner.toString(), migrationSources.slice(0, 2))

  const updated = await install(url, secret)
  expect(await roleOf(updated)).toBe('atrium_app')
  expect(await signUp(updated)).toBe(201)
})

it('a database that is called otherwise now keeps its roles', async () => {
  const secret = 'the secret of an installation that moves'
  const { name, url } = await makeDatabase('before_')
  const before = await prepareRoles(url, secret)
  await migrate(before.owner, migrationSources)
  const renamed = `${name}_after`
  const rename = (from: string, to: string) =>
    inDatabase(adminUrl, async (admin) => void (await admin.query(`ALTER DATABASE ${from} RENAME TO ${to}`)))
  await rename(name, renamed)
  scope.defer(() => rename(renamed, name))
  const after = await prepareRoles(adminUrl, secret, renamed)
  expect(new URL(after.app).username).toBe(`atrium_app_${name}`)
  await inDatabase(after.app, (app) => app.query('SELECT id FROM identity.people'))
})
