import { createHash } from 'node:crypto'
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson } from '#platform/canonical'
import { silentLog } from '#platform/log'
import { createClient, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { start } from '@atrium/server/start'
import { asAttacker, asRole } from './test-support.ts'

let server: TestServer
let owner: Person
beforeEach(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterEach(() => server[Symbol.asyncDispose]())

interface Verification {
  readonly intact: boolean
  readonly entries: number
  readonly brokenAt: number | null
  readonly finding: string | null
}
const verification = async (): Promise<Verification> =>
  (await owner.client.get<Verification>(`${owner.base}/audit/verification`)).body
const rename = (name: string) => owner.client.patch(owner.base, { name })

const recordPath = (): string => join(server.dataDir, 'audit', 'heads.jsonl')
const recorded = async (): Promise<{ entries: number }[]> => {
  const text = await readFile(recordPath(), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { entries: number })
}
/** Renames the workspace until the log holds that many entries and the record outside knows of it. */
const fill = async (until: number): Promise<void> => {
  for (let count = 2; count <= until; count++) await rename(`Name ${count}`)
  expect(await verification()).toEqual({ intact: true, entries: until, brokenAt: null, finding: null })
  await vi.waitFor(async () => expect((await recorded()).at(-1)?.entries).toBe(until))
}

interface Entry {
  sequence: number
  action: string
  actor: unknown
  target: unknown
  details: unknown
  address: string | null
  createdAt: Date
}

/** What somebody does who may write everything in the database but has no key: edits and computes all hashes anew. */
async function rewrite(edit: string): Promise<void> {
  await asAttacker(server, edit)
  await asAttacker(server, ...(await rehashed()))
}

async function rehashed(): Promise<string[]> {
  const client = new pg.Client({ connectionString: server.roles.job })
  await client.connect()
  const { rows } = await client.query<Entry>(
    `SELECT sequence::int AS sequence, action, actor, target, details, address, created_at AS "createdAt"
     FROM identity.audit_log ORDER BY sequence`,
  )
  await client.end()
  let hash = Buffer.alloc(32)
  const updates = rows.map((entry) => {
    const text = canonicalJson({
      workspaceId: owner.workspaceId,
      ...entry,
      createdAt: entry.createdAt.toISOString(),
    })
    hash = createHash('sha256').update(hash).update(text).digest()
    return `UPDATE identity.audit_log SET hash = '\\x${hash.toString('hex')}' WHERE sequence = ${entry.sequence}`
  })
  return [...updates, `UPDATE identity.audit_heads SET hash = '\\x${hash.toString('hex')}'`]
}

const warned = async (): Promise<string[]> => {
  const mails = await owner.client.get<{ data: { to: string; subject: string }[] }>(
    '/api/v1/installation/mails',
  )
  return mails.body.data.filter(({ subject }) => subject.includes('audit log')).map(({ to }) => to)
}

const forgedActor = `UPDATE identity.audit_log SET actor = actor || '{"name": "Eve"}' WHERE sequence = 2`

describe('a chain that was tampered with', () => {
  it('stays broken through the next events, however well it was rewritten', async () => {
    await fill(6)
    await rewrite(forgedActor)
    expect(await verification()).toMatchObject({ intact: false })
    expect((await rename('After the edit')).status).toBe(200)
    expect(await verification()).toMatchObject({ intact: false, entries: 7, brokenAt: 6 })
    await rename('And again')
    expect(await verification()).toMatchObject({ intact: false, entries: 8, finding: 'found-broken-before' })
  })

  it('stays broken when the mark of the break is wiped, too', async () => {
    await fill(4)
    await rewrite(forgedActor)
    await rename('Marked')
    await asAttacker(server, 'UPDATE identity.audit_heads SET broken_at = NULL')
    expect(await verification()).toMatchObject({ intact: false })
    await rename('Sealed again?')
    expect(await verification()).toMatchObject({ intact: false })
  })

  it('stays broken through the next event after its end was cut off', async () => {
    await fill(8)
    await asAttacker(server, 'DELETE FROM identity.audit_log WHERE sequence > 5')
    expect((await rename('After the cut')).status).toBe(200)
    expect(await verification()).toMatchObject({ intact: false, brokenAt: 6 })
  })

  it('takes further entries after some were added behind its back, and stays broken', async () => {
    await fill(4)
    await asAttacker(
      server,
      `INSERT INTO identity.audit_log SELECT workspace_id, 5, action, actor, target, details, address, created_at, hash
       FROM identity.audit_log WHERE sequence = 4`,
    )
    expect((await rename('After the insertion')).status).toBe(200)
    expect(await verification()).toMatchObject({ intact: false, brokenAt: 5 })
  })

  it('stays broken when log and end are gone and a new chain begins', async () => {
    await fill(4)
    await asAttacker(server, 'DELETE FROM identity.audit_log', 'DELETE FROM identity.audit_heads')
    expect((await rename('A new beginning')).status).toBe(200)
    expect(await verification()).toMatchObject({ intact: false, brokenAt: 1 })
  })

  it('is told to the owners once', async () => {
    await fill(3)
    await rewrite(forgedActor)
    await rename('One')
    await rename('Two')
    await vi.waitFor(async () => expect(await warned()).toEqual([owner.email]))
    await rename('Three')
    expect(await warned()).toEqual([owner.email])
  })
})

describe('a chain that was rolled back, with the end that was sealed then', () => {
  const rollBack = async (): Promise<void> => {
    await fill(7)
    const head = await asRole(server, 'job', async (client) => {
      const { rows } = await client.query<{ hash: Buffer; seal: Buffer }>(
        'SELECT hash, seal FROM identity.audit_heads',
      )
      return rows[0]
    })
    for (const name of ['8', '9', '10']) await rename(name)
    await vi.waitFor(async () => expect((await recorded()).at(-1)?.entries).toBe(10))
    await asAttacker(
      server,
      'DELETE FROM identity.audit_log WHERE sequence > 7',
      `UPDATE identity.audit_heads SET entries = 7, hash = '\\x${head?.hash.toString('hex')}', seal = '\\x${head?.seal.toString('hex')}'`,
    )
  }

  it('contradicts the record outside the database', async () => {
    await rollBack()
    expect(await verification()).toEqual({
      intact: false,
      entries: 7,
      brokenAt: 8,
      finding: 'differs-from-record',
    })
  })

  it('contradicts it still when the log has grown past it again', async () => {
    await rollBack()
    for (const name of ['8b', '9b', '10b', '11b', '12b']) await rename(name)
    expect(await verification()).toMatchObject({ intact: false, brokenAt: 10 })
    // Long enough for the record to have been written.
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await verification()).toMatchObject({ intact: false, brokenAt: 10 })
    expect(Math.max(...(await recorded()).map(({ entries }) => entries))).toBe(10)
  })
})

describe('the record outside the database', () => {
  it('takes no lines that were forged or torn', async () => {
    await fill(3)
    const forged = {
      workspaceId: owner.workspaceId,
      entries: 99,
      hash: 'ab'.repeat(32),
      seal: 'cd'.repeat(32),
    }
    await appendFile(recordPath(), `${JSON.stringify(forged)}\n{"workspaceId": "01`)
    await using again = await startAgain()
    expect(await again.verification()).toMatchObject({ intact: true, entries: 3 })
  })

  it('is begun anew when it is gone or of no use, and keeps nobody from starting', async () => {
    await fill(3)
    await rm(recordPath())
    await writeFile(recordPath(), 'nonsense\n')
    await using again = await startAgain()
    expect(await again.verification()).toMatchObject({ intact: true, entries: 3 })
    await vi.waitFor(async () => {
      const text = await readFile(recordPath(), 'utf8')
      expect(text).toContain('"entries":3')
    })
  })
})

/** Another process of the installation, on the same database and data directory. */
async function startAgain(): Promise<AsyncDisposable & { verification: () => Promise<Verification> }> {
  const { config } = server.running.platform
  const running = await start(config, { log: silentLog(), roles: server.roles })
  const client = createClient(running.url)
  await client.post('/api/v1/auth/sign-in', { email: owner.email, password: owner.password })
  return {
    verification: async () => (await client.get<Verification>(`${owner.base}/audit/verification`)).body,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}
