import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errorBody } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runAtrium, startAtrium } from './testing/run.ts'
import { configFolder, shownCode, signIn } from './testing/signed-in.ts'

const scope = new AsyncDisposableStack()
let server: TestServer
let owner: Person
/** The environment of somebody who is signed in as the owner. */
let env: Record<string, string>

beforeAll(async () => {
  server = scope.use(await startTestServer())
  owner = await server.owner()
  env = { ATRIUM_CONFIG_DIR: await configFolder(scope), ATRIUM_URL: server.url }
  await signIn(owner, env)
})
afterAll(() => scope.disposeAsync())

const fresh = async () => ({ ATRIUM_CONFIG_DIR: await configFolder(scope), ATRIUM_URL: server.url })
const json = async (args: readonly string[]): Promise<Record<string, unknown>> => {
  const { code, out, err } = await runAtrium([...args, '--json'], { env })
  if (code !== 0) throw new Error(err)
  return JSON.parse(out) as Record<string, unknown>
}

describe('signing in', () => {
  it('shows a code and an address, waits for the browser, and keeps the sign-in for its owner only', async () => {
    const own = await fresh()
    const { code, out, err } = await signIn(owner, own)
    expect(code).toBe(0)
    expect(err).toContain('/device?user_code=')
    expect(out).toContain(`Signed in to ${server.url} as ${owner.email}`)
    expect((await stat(join(own.ATRIUM_CONFIG_DIR, 'profiles.json'))).mode & 0o777).toBe(0o600)
    const me = await runAtrium(['whoami', '--json'], { env: own })
    expect(JSON.parse(me.out)).toMatchObject({ person: { email: owner.email }, workspace: { role: 'owner' } })
  })

  it('that is refused ends with 5 and keeps nothing', async () => {
    const own = await fresh()
    const login = startAtrium(['login'], { env: own })
    const userCode = await shownCode(login)
    await owner.client.get(`/api/v1/auth/device-codes/${userCode}`)
    await owner.client.post(`/api/v1/auth/device-codes/${userCode}/decisions`, { approve: false })
    expect((await login.done).code).toBe(5)
    expect((await runAtrium(['whoami'], { env: own })).code).toBe(3)
  })

  it('keeps several profiles apart, and sends no token to another server', async () => {
    const own = await fresh()
    const other = await server.invite(owner, 'member')
    await signIn(owner, own, ['--profile', 'one'])
    await signIn(other, own, ['--profile', 'two'])
    const emailOf = async (profile: string) =>
      (
        JSON.parse((await runAtrium(['whoami', '--json', '--profile', profile], { env: own })).out) as {
          person: { email: string }
        }
      ).person.email
    expect(await emailOf('one')).toBe(owner.email)
    expect(await emailOf('two')).toBe(other.email)
    const elsewhere = await runAtrium(['whoami', '--profile', 'one', '--url', 'http://127.0.0.1:9'], {
      env: own,
    })
    expect(elsewhere.code).toBe(3)
  })

  it('with a key works without a browser', async () => {
    const own = await fresh()
    const { body } = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
      name: 'cli',
      scopes: ['workspace:read', 'model:read'],
    })
    const login = await runAtrium(['login', '--with-key'], { env: own, input: `${body.secret}\n` })
    expect(login.code).toBe(0)
    expect((await runAtrium(['models', '--json'], { env: own })).out).toContain('atrium/guide')
    const me = await runAtrium(['whoami', '--json'], { env: own })
    expect(JSON.parse(me.out)).toMatchObject({ person: null, key: { name: 'cli' } })
  })
})

describe('signing out', () => {
  it('ends the session on the server too', async () => {
    const own = await fresh()
    await signIn(owner, own)
    const sessions = async () =>
      (await owner.client.get<{ data: unknown[] }>('/api/v1/me/sessions')).body.data.length
    const before = await sessions()
    expect((await runAtrium(['logout'], { env: own })).code).toBe(0)
    expect(await sessions()).toBe(before - 1)
    expect((await runAtrium(['whoami'], { env: own })).code).toBe(3)
  })
})

describe('the exit code', () => {
  it.each([
    ['2 for an unknown command', ['nonsense'], 2],
    ['2 for an unknown option', ['models', '--nonsense'], 2],
    ['2 for a bad value', ['usage', '--from', 'yesterday'], 2],
    ['0 for help', ['chat', '--help'], 0],
    ['0 for the version', ['--version'], 0],
    ['4 for a model that does not exist', ['models', 'show', 'no/model'], 4],
    ['4 for a key that does not exist', ['keys', 'revoke', 'nothing', '--yes'], 4],
    ['4 for a workspace that does not exist', ['models', '--workspace', 'Nowhere'], 4],
    [
      '4 for a conversation that does not exist',
      ['chat', 'hi', '-c', '01a1fd9e-e02a-7389-95d2-59b39442af9b'],
      4,
    ],
    ['6 for a server that is not there', ['login', '--url', 'http://127.0.0.1:9'], 6],
  ])('is %s', async (_, args, code) => {
    expect((await runAtrium(args, { env })).code).toBe(code)
  })

  it('is 3 for a sign-in that has ended', async () => {
    const stale = { ...env, ATRIUM_API_KEY: 'ats_stale.token' }
    expect((await runAtrium(['models'], { env: stale })).code).toBe(3)
  })

  it('is 5 for what the role does not allow', async () => {
    const viewer = await server.invite(owner, 'viewer')
    const own = await fresh()
    await signIn(viewer, own)
    const { code, err } = await runAtrium(['keys', 'create', 'x', '--json'], { env: own })
    expect(code).toBe(5)
    expect(errorBody.parse(JSON.parse(err)).error.code).toBe('INSUFFICIENT_PERMISSIONS')
  })
})

describe('output', () => {
  it('with --json is one document, and errors have the shape of the API', async () => {
    const { out, err, code } = await runAtrium(['models', 'show', 'no/model', '--json'], { env })
    expect([code, out]).toEqual([4, ''])
    expect(errorBody.parse(JSON.parse(err)).error.code).toBe('MODEL_NOT_FOUND')
    const usage = await runAtrium(['nonsense', '--json'], { env })
    expect(errorBody.parse(JSON.parse(usage.err)).error.code).toBe('INVALID_INPUT')
  })

  it('has no colours where nobody watches', async () => {
    const { out, err } = await runAtrium(['models', 'show', 'no/model'], { env })
    expect(out + err).not.toContain('\u001B')
  })
})

describe('keys', () => {
  it('are created with limits, changed, listed and revoked', async () => {
    const made = await json([
      'keys',
      'create',
      'ci',
      '--expires',
      '30d',
      '--rpm',
      '60',
      '--model',
      'atrium/*',
    ])
    expect(made).toMatchObject({ name: 'ci', models: ['atrium/*'], limits: { rpm: 60, tpm: null } })
    const used = await runAtrium(['models', '--json'], {
      env: { ...env, ATRIUM_API_KEY: String(made['secret']) },
    })
    expect(used.code).toBe(0)
    const changed = await json(['keys', 'update', 'ci', '--rpm', 'none', '--model', 'all', '--disable'])
    expect(changed).toMatchObject({ models: null, limits: { rpm: null }, enabled: false })
    const rotated = await json(['keys', 'rotate', 'ci', '--grace', '1h'])
    expect(rotated).toMatchObject({ name: 'ci', formerSecretUntil: expect.any(String) })
    expect(rotated['secret']).not.toBe(made['secret'])
    expect((await runAtrium(['keys', 'rotate', 'ci', '--grace', '0'], { env })).code).toBe(2)
    expect((await runAtrium(['keys', 'rotate', 'ci', '--grace', '8d'], { env })).code).toBe(2)
    const quiet = await runAtrium(['keys', 'rotate', 'ci', '--grace', '0', '--yes', '--quiet'], { env })
    expect(quiet.out).toMatch(/^atr_[\w-]{43}\n$/)
    expect((await runAtrium(['keys', 'revoke', 'ci'], { env })).code).toBe(2)
    expect((await runAtrium(['keys', 'revoke', 'ci', '--yes'], { env })).code).toBe(0)
    expect(await json(['keys', 'list'])).not.toMatchObject({ data: [{ name: 'ci' }] })
  })
})

describe('budgets', () => {
  it('are created in dollars, changed, shown and deleted', async () => {
    const made = await json(['budgets', 'create', 'Team', '--limit', '25.50', '--alert', '50,80'])
    expect(made).toMatchObject({ limitNanoUsd: '25500000000', period: 'month', alertPercents: [50, 80] })
    expect(await json(['budgets', 'update', 'Team', '--limit', '$1,000'])).toMatchObject({
      limitNanoUsd: '1000000000000',
    })
    expect((await runAtrium(['budgets'], { env })).out).toContain('$1,000.00')
    expect(await json(['budgets', 'show', 'Team'])).toMatchObject({ name: 'Team', periods: [] })
    expect(await json(['budgets', 'update', 'Team', '--unknown-price', '0.05'])).toMatchObject({
      unknownPrice: { rule: 'ceiling', nanoUsd: '50000000' },
    })
    expect((await runAtrium(['budgets', 'show', 'Team'], { env })).out).toContain('$0.05 for each call')
    expect((await runAtrium(['budgets', 'delete', 'Team', '--yes'], { env })).code).toBe(0)
    expect(await json(['budgets'])).toEqual({ data: [] })
  })

  it('say that they refuse models without a known price', async () => {
    const made = await runAtrium(['budgets', 'create', 'Strict', '--limit', '5'], { env })
    expect(made.err).toContain('Models without a known price are refused')
    await runAtrium(['budgets', 'delete', 'Strict', '--yes'], { env })
  })
})

describe('usage', () => {
  it('counts the calls that were made, in sums, by model, one by one and as CSV', async () => {
    await runAtrium(['chat', 'hello'], { env })
    const sums = () => json(['usage']) as Promise<{ totals: { calls: number } }>
    await expect.poll(async () => (await sums()).totals.calls, { timeout: 10_000 }).toBeGreaterThan(0)
    expect((await runAtrium(['usage', '--by', 'model'], { env })).out).toContain('guide')
    const calls = (await json(['usage', 'calls'])) as { data: { id: string }[] }
    const [first] = calls.data
    expect(await json(['usage', 'call', first?.id ?? ''])).toMatchObject({ id: first?.id })
    expect((await runAtrium(['usage', 'export'], { env })).out).toContain(first?.id)
  })
})

describe('completion', () => {
  it('offers commands, subcommands, options and choices', async () => {
    const complete = async (...words: string[]) =>
      (await runAtrium(['__complete', ...words])).out.split('\n').filter(Boolean)
    expect(await complete('mo')).toEqual(['models'])
    expect(await complete('keys', '')).toEqual(['list', 'create', 'update', 'rotate', 'revoke'])
    expect(await complete('chat', '--mo')).toEqual(['--model'])
    expect(await complete('usage', '--by', 'mo')).toEqual(['model'])
    expect(await complete('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  it('has a script for each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, out } = await runAtrium(['completion', shell])
      expect(code).toBe(0)
      expect(out).toContain('atrium __complete')
    }
  })
})

describe('the doctor', () => {
  it('finds a healthy server healthy', async () => {
    const { code, out } = await runAtrium(['doctor', '--json'], {
      env: { ...env, ATRIUM_DATA_DIR: server.dataDir },
    })
    const { findings, failed } = JSON.parse(out) as {
      findings: { name: string; status: string }[]
      failed: number
    }
    expect([code, failed]).toEqual([0, 0])
    expect(findings.filter(({ status }) => status === 'ok').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['node', 'address', 'clock', 'version', 'sign-in', 'disk']),
    )
  })

  it('ends with 1 and says what to do when the server is not there', async () => {
    const { code, out } = await runAtrium(['doctor', '--url', 'http://127.0.0.1:9'], { env })
    expect(code).toBe(1)
    expect(out).toContain('✗ server: address')
    expect(out).toContain('npm start')
  })
})
