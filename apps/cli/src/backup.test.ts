import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient, type TestClient } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { runAtrium } from './testing/run.ts'

const scope = new AsyncDisposableStack()
let folder: string
let passphraseFile: string
/** An installation as people run it: a program with an embedded database. */
let source: Installation

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-backup-'))
  scope.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  passphraseFile = join(folder, 'passphrase')
  await writeFile(passphraseFile, 'correct horse battery staple\n')
  source = await startInstallation(join(folder, 'source'))
  scope.defer(() => source.end())
  await source.signUp()
}, 120_000)
afterAll(() => scope.disposeAsync(), 60_000)

const account = { email: 'ada@example.com', password: 'correct horse battery staple' }

interface Installation {
  readonly url: string
  readonly client: TestClient
  readonly base: () => string
  signUp(): Promise<void>
  signIn(): Promise<number>
  end(): Promise<void>
}

const program = join(import.meta.dirname, '../../server/src/main.ts')

async function startInstallation(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Installation> {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'error', ATRIUM_DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let url = ''
  for await (const line of createInterface({ input: child.stdout })) {
    url = /^Atrium is ready at (\S+)$/.exec(line)?.[1] ?? ''
    if (url) break
  }
  const client = createClient(url)
  let base = ''
  return {
    url,
    client,
    base: () => base,
    signUp: async () => {
      const { body } = await client.post<{ workspaces: { id: string }[] }>('/api/v1/auth/sign-up', {
        name: 'Ada',
        ...account,
      })
      base = `/api/v1/workspaces/${body.workspaces[0]?.id}`
    },
    signIn: async () => {
      const reply = await client.post<{ workspaces: { id: string }[] }>('/api/v1/auth/sign-in', account, {
        allowFailure: true,
      })
      base = `/api/v1/workspaces/${reply.body.workspaces[0]?.id}`
      return reply.status
    },
    end: async () => {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function upload({ client, base }: Installation, content: string): Promise<string> {
  const form = new FormData()
  form.set('file', new Blob([content], { type: 'text/plain' }), 'note.txt')
  const response = await client.raw(`${base()}/files`, { method: 'POST', body: form })
  return ((await response.json()) as { id: string }).id
}

async function download({ client, base }: Installation, fileId: string): Promise<string> {
  const { body } = await client.post<{ url: string }>(`${base()}/files/${fileId}/urls`, {
    disposition: 'inline',
  })
  return (await client.raw(body.url)).text()
}

async function sendSpan({ url, client, base }: Installation): Promise<void> {
  const { body } = await client.post<{ secret: string }>(`${base()}/api-keys`, {
    name: 'Agent',
    scopes: ['telemetry:write'],
  })
  const startTimeUnixNano = String(BigInt(Date.now()) * 1_000_000n)
  const span = { traceId: '5b'.repeat(16), spanId: 'ee'.repeat(8), name: 'chat', startTimeUnixNano }
  const response = await fetch(new URL('/v1/traces', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${body.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  })
  expect(await response.text()).toBe('{}')
}

const titles = async ({ client, base }: Installation): Promise<string[]> => {
  const all: string[] = []
  for (let cursor: string | null = null, more = true; more; more = cursor !== null) {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { body } = await client.get<{ data: { title: string }[]; meta: { nextCursor: string | null } }>(
      `${base()}/conversations?limit=100${query}`,
    )
    all.push(...body.data.map(({ title }) => title))
    cursor = body.meta.nextCursor
  }
  return all.toSorted()
}

const withPassphrase = () => ['--passphrase-file', passphraseFile]
const back = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runAtrium(args, { env: { ATRIUM_CONFIG_DIR: join(folder, 'config'), ...env } })

describe('a backup of a server that is written to', () => {
  it('brings back every row of one moment, every file, and lets people sign in', async () => {
    const text = randomBytes(300_000).toString('hex')
    const fileId = await upload(source, text)
    await source.client.post(`${source.base()}/connections`, {
      name: 'Own',
      kind: 'openai',
      apiKey: 'sk-secret-key',
    })
    for (let index = 0; index < 20; index++) {
      await source.client.post(`${source.base()}/conversations`, { title: `before ${index}` })
    }
    // Spans lie in a part of their table that was made for their day.
    await sendSpan(source)
    const before = await titles(source)
    const writing = keepWriting(source)
    const path = join(folder, 'live.backup')
    const saved = await back([
      'backup',
      '--data-dir',
      join(folder, 'source'),
      '-o',
      path,
      '--json',
      ...withPassphrase(),
    ])
    const written = await writing.stop()
    expect(saved.code, saved.err).toBe(0)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await readFile(path)).includes('before 1')).toBe(false)

    const target = join(folder, 'target')
    const restored = await back(['restore', path, '--data-dir', target, '--json', ...withPassphrase()])
    expect(restored.code, restored.err).toBe(0)
    const { rows } = JSON.parse(saved.out) as { rows: number }
    expect(JSON.parse(restored.out)).toMatchObject({ restored: true, rows, files: 1 })

    const copy = await startInstallation(target)
    try {
      expect(await copy.signIn()).toBe(200)
      const found = await titles(copy)
      expect(found).toEqual(expect.arrayContaining(before))
      // Of what was written meanwhile, the backup has a beginning without gaps.
      const meanwhile = found.filter((title) => title.startsWith('meanwhile'))
      expect(meanwhile.length).toBeLessThan(written.length)
      expect(meanwhile).toEqual(written.slice(0, meanwhile.length).toSorted())
      expect(await download(copy, fileId)).toBe(text)
      const { body } = await copy.client.get<{ data: { name: string; hasKey: boolean }[] }>(
        `${copy.base()}/connections`,
      )
      expect(body.data.find(({ name }) => name === 'Own')).toMatchObject({ hasKey: true })
      const audit = await copy.client.get<{ intact: boolean }>(`${copy.base()}/audit/verification`)
      expect(audit.body.intact).toBe(true)
      await copy.client.post(`${copy.base()}/conversations`, { title: 'after' })
      expect(await titles(copy)).toContain('after')
    } finally {
      await copy.end()
    }
  }, 180_000)
})

/** Makes conversations one after the other until it is told to stop; gives their titles in order. */
function keepWriting({ client, base }: Installation): { stop(): Promise<string[]> } {
  const written: string[] = []
  let isOn = true
  const work = (async () => {
    while (isOn) {
      const title = `meanwhile ${String(written.length).padStart(6, '0')}`
      await client.post(`${base()}/conversations`, { title })
      written.push(title)
    }
  })()
  return {
    stop: async () => {
      isOn = false
      await work
      return written
    },
  }
}

describe('a restore', () => {
  let path: string
  beforeAll(async () => {
    path = join(folder, 'plain.backup')
    await upload(source, randomBytes(200_000).toString('hex'))
    const { code, err } = await back(['backup', '--data-dir', join(folder, 'source'), '-o', path])
    expect(code, err).toBe(0)
  }, 60_000)

  const refused = async (args: readonly string[], target: string) => {
    const reply = await back(['restore', ...args, '--data-dir', target, '--json'])
    const { error } = JSON.parse(reply.err) as { error: { code: string } }
    return { code: reply.code, error: error.code }
  }

  it('is refused where there is an installation already, and changes nothing there', async () => {
    const target = join(folder, 'source')
    const before = await titles(source)
    expect(await refused([path], target)).toEqual({ code: 5, error: 'TARGET_NOT_EMPTY' })
    expect(await titles(source)).toEqual(before)
  })

  it.each([
    ['a byte that changed', (bytes: Buffer) => flipped(bytes, Math.floor(bytes.length / 2))],
    ['an end that is missing', (bytes: Buffer) => bytes.subarray(0, bytes.length - 700)],
    ['a half that is missing', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['another content altogether', () => Buffer.from('this is no backup')],
  ])('of a file with %s is refused and writes nothing', async (name, damage) => {
    const bad = join(folder, `bad-${name.replaceAll(' ', '-')}`)
    await writeFile(bad, damage(await readFile(path)))
    const target = join(folder, 'untouched')
    expect(await refused([bad], target)).toEqual({ code: 1, error: 'BACKUP_DAMAGED' })
    await expect(readdir(target)).rejects.toThrow('ENOENT')
  })

  it.each([
    ['a byte that changed', (bytes: Buffer) => flipped(bytes, bytes.length - 3000), 'BACKUP_DAMAGED'],
    ['an end that is missing', (bytes: Buffer) => bytes.subarray(0, bytes.length - 70_000), 'BACKUP_DAMAGED'],
    ['a changed beginning', (bytes: Buffer) => flipped(bytes, 20), 'BACKUP_LOCKED'],
  ])('of an encrypted file with %s is refused', async (name, damage, error) => {
    const good = join(folder, 'sealed.backup')
    await back(['backup', '--data-dir', join(folder, 'source'), '-o', good, '--force', ...withPassphrase()])
    const bad = join(folder, `bad-sealed-${name.replaceAll(' ', '-')}`)
    await writeFile(bad, damage(await readFile(good)))
    expect((await refused([bad, ...withPassphrase()], join(folder, 'untouched'))).error).toBe(error)
  })

  it('of an encrypted file needs its passphrase', async () => {
    const sealed = join(folder, 'locked.backup')
    await back(['backup', '--data-dir', join(folder, 'source'), '-o', sealed, ...withPassphrase()])
    const wrong = join(folder, 'wrong')
    await writeFile(wrong, 'another passphrase')
    const target = join(folder, 'untouched')
    expect((await refused([sealed], target)).error).toBe('BACKUP_LOCKED')
    expect((await refused([sealed, '--passphrase-file', wrong], target)).error).toBe('BACKUP_LOCKED')
  })

  it('with --check reads everything and writes nothing', async () => {
    const target = join(folder, 'checked')
    const { code, out } = await back(['restore', path, '--check', '--data-dir', target, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ restored: false })
    await expect(readdir(target)).rejects.toThrow('ENOENT')
  })
})

const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 0xff
  return copy
}

describe('a backup', () => {
  it('never replaces a file unless told', async () => {
    const path = join(folder, 'there')
    await copyFile(passphraseFile, path)
    const args = ['backup', '--data-dir', join(folder, 'source'), '-o', path]
    expect((await back(args)).code).toBe(5)
    expect(await readFile(path, 'utf8')).toBe('correct horse battery staple\n')
    expect((await back([...args, '--force'])).code).toBe(0)
  })

  it('of a folder without an installation is refused and makes none', async () => {
    const nothing = join(folder, 'nothing')
    expect((await back(['backup', '--data-dir', nothing, '-o', join(folder, 'x')])).code).toBe(1)
    await expect(readdir(nothing)).rejects.toThrow('ENOENT')
  })
})

describe('a database of its own, whose admin is no superuser', () => {
  it('is backed up and restored into another one, with a secret that the operator keeps', async () => {
    const from = await makeDatabase()
    const to = await makeDatabase()
    const ATRIUM_SECRET = randomBytes(36).toString('base64url')
    const first = await startInstallation(join(folder, 'external'), { DATABASE_URL: from, ATRIUM_SECRET })
    const path = join(folder, 'external.backup')
    try {
      await first.signUp()
      await first.client.post(`${first.base()}/conversations`, { title: 'kept' })
      const saved = await back(['backup', '--data-dir', join(folder, 'external'), '-o', path, '--json'], {
        DATABASE_URL: from,
        ATRIUM_SECRET,
      })
      expect(saved.code, saved.err).toBe(0)
      expect(JSON.parse(saved.out)).toMatchObject({ containsSecret: false })
    } finally {
      await first.end()
    }
    const target = join(folder, 'external-copy')
    const args = ['restore', path, '--data-dir', target]
    expect((await back(args, { DATABASE_URL: to })).code).toBe(5)
    expect((await back(args, { DATABASE_URL: from, ATRIUM_SECRET })).code).toBe(5)
    const restored = await back(args, { DATABASE_URL: to, ATRIUM_SECRET })
    expect(restored.code, restored.err).toBe(0)
    const second = await startInstallation(target, { DATABASE_URL: to, ATRIUM_SECRET })
    try {
      expect(await second.signIn()).toBe(200)
      expect(await titles(second)).toContain('kept')
    } finally {
      await second.end()
    }
  }, 180_000)
})

/** An empty database whose owner may make roles and nothing more. */
async function makeDatabase(): Promise<string> {
  const name = `backup_${randomBytes(6).toString('hex')}`
  const { adminUrl } = inject('cluster')
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  await admin.query(`CREATE ROLE ${name} LOGIN CREATEROLE PASSWORD 'secret'`)
  await admin.query(`CREATE DATABASE ${name} OWNER ${name}`)
  await admin.end()
  scope.defer(async () => {
    const client = new pg.Client({ connectionString: adminUrl })
    await client.connect()
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
    await client.end()
  })
  const url = new URL(adminUrl)
  url.username = name
  url.password = 'secret'
  url.pathname = `/${name}`
  return url.toString()
}
