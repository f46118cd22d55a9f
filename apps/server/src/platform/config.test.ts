import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { ConfigError, loadMasterSecret, printConfig, readCommand, Secret } from './config.ts'

const read = (environment: Record<string, string> = {}, argv: string[] = []) =>
  readCommand({ argv, environment, cwd: '/srv/atrium' })

const start = (environment: Record<string, string> = {}, argv: string[] = []) => {
  const command = read(environment, argv)
  if (command.kind !== 'start') throw new Error(`expected a start, got ${command.kind}`)
  return command.config
}

const refusal = (environment: Record<string, string>, argv: string[] = []): ConfigError => {
  try {
    read(environment, argv)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('expected a refusal')
}

test('nothing set starts everything on loopback with the embedded database', () => {
  expect(start()).toMatchObject({
    target: 'all',
    http: { host: '127.0.0.1', port: 8000, publicUrl: 'http://localhost:8000' },
    dataDir: '/srv/atrium/data',
    database: { mode: 'embedded' },
    storage: { workspaceBytes: 10_737_418_240 },
    mail: { mode: 'outbox' },
    egress: { allowedCidrs: [], providerOrigins: [] },
    telemetry: { mode: 'off' },
  })
})

test('a flag goes before its variable', () => {
  expect(start({ PORT: '9000' }, ['--port=9001', '--target=gateway'])).toMatchObject({
    target: 'gateway',
    http: { port: 9001, publicUrl: 'http://localhost:9001' },
  })
})

test('an empty variable counts as unset, and foreign variables do not matter', () => {
  expect(start({ PORT: '', HOME: '/root', npm_config_x: '1' }).http.port).toBe(8000)
})

test.each([
  [{ PORT: '80a' }, 'PORT must be a whole number from 0 to 65535, and is "80a". Example: PORT=8000'],
  [{ PORT: '70000' }, 'PORT must be a whole number from 0 to 65535'],
  [{ HOST: 'not a host' }, 'HOST must be an IP address or a host name'],
  [{ ATRIUM_SECRET: 'short' }, 'ATRIUM_SECRET is too short: at least 32 characters.'],
  [{ ATRIUM_BOOTSTRAP_API_KEY: 'atr_short' }, 'ATRIUM_BOOTSTRAP_API_KEY must be atr_ followed by 24 to 200'],
  [
    { ATRIUM_ADMIN_EMAIL: 'ada@example.com' },
    'ATRIUM_ADMIN_PASSWORD is missing, and ATRIUM_ADMIN_EMAIL needs it',
  ],
  [
    { ATRIUM_ADMIN_PASSWORD: 'a long passphrase' },
    'ATRIUM_ADMIN_EMAIL is missing, and ATRIUM_ADMIN_PASSWORD needs it',
  ],
  [{ SMTP_URL: 'smtp://mail.example.com' }, 'MAIL_FROM is missing, and SMTP_URL needs it'],
  [{ DATABASE_URL: 'mysql://db/x' }, 'DATABASE_URL must be a postgres:// or postgresql:// URL'],
  [{ DATABASE_REPLICA_URLS: 'postgres://r1' }, 'DATABASE_URL is missing, and DATABASE_REPLICA_URLS needs it'],
  [
    { DATABASE_URL: 'postgres://db/x', DATABASE_REPLICA_URLS: 'postgres://r1, replica2:5432' },
    'DATABASE_REPLICA_URLS must be a comma-separated list of postgres:// or postgresql:// URLs. Example: DATABASE_REPLICA_URLS=postgresql://replica1',
  ],
  [
    { DATABASE_URL: 'postgres://db/x', DATABASE_REPLICA_URLS: 'postgres://r1,' },
    'DATABASE_REPLICA_URLS must be a comma-separated list',
  ],
  [{ OPENAI_BASE_URL: 'ftp://x' }, 'OPENAI_BASE_URL must be an http:// or https:// URL'],
  [{ ATRIUM_PUBLIC_URL: 'https://x.example/path' }, 'ATRIUM_PUBLIC_URL must be an origin'],
  [{ ATRIUM_EGRESS_ALLOW: '10.0.0.0/8,nonsense' }, 'ATRIUM_EGRESS_ALLOW must be a comma-separated list'],
  [{ ATRIUM_TRUSTED_PROXIES: '10.0.0.0/99' }, 'ATRIUM_TRUSTED_PROXIES must be a comma-separated list'],
  [
    { ATRIUM_WORKSPACE_STORAGE_BYTES: '10 GB' },
    'ATRIUM_WORKSPACE_STORAGE_BYTES must be a whole number of bytes',
  ],
  [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of fatal, error'],
  [{ ATRIUM_DATADIR: '/x' }, 'ATRIUM_DATADIR is not a variable of Atrium; perhaps ATRIUM_DATA_DIR is meant'],
])('%o is refused by name', (environment, line) => {
  expect(refusal(environment).message).toContain(line)
})

test.each([
  [['--traget=app'], '--traget is not a flag of Atrium'],
  [['--target=web'], '--target must be one of all, app, gateway, ingest, worker'],
  [['--port'], '--port needs a value'],
  [['--port=x'], '--port must be a whole number'],
  [['serve'], '"serve" is not a flag of Atrium'],
])('%o is refused', (argv, line) => {
  expect(refusal({}, argv).message).toContain(line)
})

test('all problems are reported at once', () => {
  const { problems } = refusal({ PORT: 'x', LOG_LEVEL: 'y', ATRIUM_WAT: '1' }, ['--nope'])
  expect(problems.map(({ setting }) => setting)).toEqual(['--nope', 'PORT', 'LOG_LEVEL', 'ATRIUM_WAT'])
})

test('a refused secret is not printed, nor a password in a URL', () => {
  const { message } = refusal({
    ATRIUM_BOOTSTRAP_API_KEY: 'hunter2-key',
    DATABASE_URL: 'mysql://u:hunter2@h/x',
    DATABASE_REPLICA_URLS: 'postgres://r1,mysql://u:hunter2@h/x',
    OPENAI_BASE_URL: 'https://u:hunter2@h',
  })
  expect(message).not.toContain('hunter2')
  expect(message).toContain('OPENAI_BASE_URL must not carry a user name or password')
})

test('--print-config shows the typed settings with every secret hidden', () => {
  const secrets = {
    DATABASE_URL: 'postgres://u:canary@h/x',
    DATABASE_REPLICA_URLS: 'postgres://u:canary@r1/x,postgres://u:canary@r2/x',
    ATRIUM_SECRET: 'canary'.repeat(8),
    ATRIUM_ADMIN_EMAIL: 'ada@example.com',
    ATRIUM_ADMIN_PASSWORD: 'canary-canary',
    ATRIUM_BOOTSTRAP_API_KEY: 'atr_canarycanarycanarycanary',
    ANTHROPIC_API_KEY: 'sk-canary-canary',
    OPENAI_API_KEY: 'sk-canary-canary',
    GEMINI_API_KEY: 'canary-canary',
    SMTP_URL: 'smtp://u:canary@h',
    MAIL_FROM: 'Atrium <a@example.com>',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20canary',
  }
  const command = read(secrets, ['--print-config'])
  if (command.kind !== 'print-config') throw new Error(command.kind)
  expect(command.text).not.toContain('canary')
  expect(JSON.parse(command.text)).toMatchObject({
    database: { mode: 'external', ownerUrl: '[hidden]', replicaUrls: ['[hidden]', '[hidden]'] },
    masterSecret: '[hidden]',
    bootstrap: { admin: { email: 'ada@example.com', password: '[hidden]' } },
    telemetry: { mode: 'otlp', endpoint: 'http://127.0.0.1:4318', headers: { authorization: '[hidden]' } },
  })
  expect(inspect(start(secrets), { depth: 9 })).not.toContain('canary')
  expect(printConfig(start(secrets))).toBe(command.text)
})

test('--help names every variable', () => {
  const command = read({ PORT: 'bad' }, ['--help'])
  expect(command).toMatchObject({ kind: 'help', text: expect.stringContaining('ATRIUM_EGRESS_ALLOW') })
})

test.each([
  ['127.0.0.1', 'http://127.0.0.1:11434'],
  ['gpu.internal:9999', 'http://gpu.internal:9999'],
  ['0.0.0.0:11434', 'http://127.0.0.1:11434'],
  ['https://ollama.example.com:443/', 'https://ollama.example.com'],
])('OLLAMA_HOST=%s is understood as Ollama does', (value, baseUrl) => {
  expect(start({ OLLAMA_HOST: value }).providers.ollama).toEqual({ baseUrl })
})

test('addresses of providers that the operator names are kept apart from what everybody may reach', () => {
  const { egress } = start({
    OLLAMA_HOST: '127.0.0.1',
    OPENAI_BASE_URL: 'http://10.0.0.5:8080/v1',
    ATRIUM_EGRESS_ALLOW: '10.1.1.1',
  })
  expect(egress.providerOrigins).toEqual(['http://10.0.0.5:8080', 'http://127.0.0.1:11434'])
  expect(egress.allowedCidrs).toEqual(['10.1.1.1/32'])
})

test('the master secret is made once, kept private, and agreed on by processes that start together', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-config-'))
  try {
    const dataDir = join(folder, 'data')
    const secrets = await Promise.all([1, 2, 3].map(() => loadMasterSecret({ masterSecret: null, dataDir })))
    const kept = await readFile(join(dataDir, 'secret'), 'utf8')
    expect(kept).toMatch(/^[\w-]{64}$/)
    expect(secrets.map((secret) => secret.reveal())).toEqual([kept, kept, kept])
    expect((await stat(join(dataDir, 'secret'))).mode & 0o777).toBe(0o600)
    const given = new Secret('x'.repeat(32))
    expect(await loadMasterSecret({ masterSecret: given, dataDir })).toBe(given)
  } finally {
    await rm(folder, { recursive: true })
  }
})
