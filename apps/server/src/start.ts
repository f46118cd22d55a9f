import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { loadMasterSecret, type Secret, type ServerConfig } from './platform/config.ts'
import { openBlobs } from './platform/blobs.ts'
import { openBus } from './platform/bus.ts'
import { createConsistency, type ConsistencyOptions } from './platform/consistency.ts'
import { createClock } from './platform/clock.ts'
import { openDatabase, type Database } from './platform/db.ts'
import { openReplicated } from './platform/db/replicated.ts'
import { createEgress } from './platform/egress.ts'
import { createEvents } from './platform/events.ts'
import { createHttpServer, forgetOldKeys, type Gatekeeper } from './platform/http.ts'
import { measureQueues, openJobs } from './platform/jobs.ts'
import type { Log } from './platform/log.ts'
import { createMetrics, measurePools } from './platform/metrics.ts'
import { migrate, type MigrationSource } from './platform/migrate.ts'
import { buildModules, type Built } from './platform/module.ts'
import type { Platform } from './platform/platform.ts'
import { startPostgres } from './platform/postgres.ts'
import { prepareRoles, refusePowerfulRole, type RoleUrls } from './platform/roles.ts'
import { createKeyring } from './platform/secrets.ts'
import { createTelemetry } from './platform/telemetry.ts'
import { serveHealth } from './platform/http/health.ts'
import { serveMetrics } from './platform/http/metrics.ts'
import { serveReference } from './platform/http/reference.ts'
import { serveWeb } from './platform/http/web.ts'
import { modules, targets } from './targets.ts'
import { version } from './platform/version.ts'

export interface StartOptions {
  readonly log: Log
  /** Databases that a test has prepared; the embedded or configured one unless given. */
  readonly roles?: RoleUrls
  /** By when a request must have arrived in full. */
  readonly requestTimeoutMs?: number
}

/** A running server. Disposing drains it: no new requests, streams told to reconnect, answers ended or interrupted. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string
  readonly platform: Platform
}

const maxConnections = 24
/** Beside background work these commit what is being written: an answer must not wait for a job's connection. */
const jobConnections = 9

/** Starts everything that the target needs, in order; whatever was opened is closed again when a later step fails. */
export async function start(config: ServerConfig, options: StartOptions): Promise<RunningServer> {
  await using opening = new AsyncDisposableStack()
  const secret = await loadMasterSecret(config)
  const roles = options.roles ?? (await prepareDatabase(config, secret, options.log, opening))
  const platform = await openPlatform(config, secret, roles, options.log, opening)
  const built = await buildModules(modules, platform, opening)
  const target = targets[config.target]
  if (target.faces.includes('jobs')) await runJobs(platform, roles, built, opening)
  const url = await serve(platform, built, options, opening)
  const scope = opening.move()
  return { url, platform, [Symbol.asyncDispose]: () => scope.disposeAsync() }
}

/** Folders of migrations in the order in which they apply. */
export const migrationSources: readonly MigrationSource[] = [
  { name: 'platform', folder: join(import.meta.dirname, 'platform/migrations') },
  ...['identity', 'admission', 'ledger', 'files', 'models', 'gateway', 'chat', 'traces'].map((name) => ({
    name,
    folder: join(import.meta.dirname, 'modules', name, 'migrations'),
  })),
]

async function prepareDatabase(
  config: ServerConfig,
  secret: Secret,
  log: Log,
  scope: AsyncDisposableStack,
): Promise<RoleUrls> {
  const { database } = config
  const admin =
    database.mode === 'embedded'
      ? { url: scope.use(await startPostgres({ dataDir: config.dataDir, log })).ownerUrl, name: 'atrium' }
      : { url: database.ownerUrl.reveal(), name: undefined }
  const roles = await prepareRoles(admin.url, secret.reveal(), admin.name)
  const applied = await migrate(roles.owner, migrationSources)
  if (applied.length > 0) log.info({ migrations: applied.length }, 'the database is up to date')
  return roles
}

async function openPlatform(
  config: ServerConfig,
  secret: Secret,
  roles: RoleUrls,
  log: Log,
  scope: AsyncDisposableStack,
): Promise<Platform> {
  const clock = createClock()
  const telemetry = scope.use(await createTelemetry(config, log))
  const { db, replicated } = await openRequestDatabase(config, roles, { log, telemetry })
  scope.use(db)
  await refusePowerfulRole(db.pool)
  const jobDb = scope.use(
    openDatabase({
      url: roles.job,
      maxConnections: jobConnections,
      log,
      telemetry,
      applicationName: 'atrium-work',
    }),
  )
  const bus = scope.use(await openBus(roles.app, log))
  const keyring = createKeyring(secret)
  const metrics = createMetrics(log, config.metrics !== null)
  measurePools(metrics, { requests: db.pool, work: jobDb.pool })
  return {
    config,
    log,
    clock,
    db,
    jobDb,
    bus,
    telemetry,
    metrics,
    events: createEvents({ db, bus, clock }),
    keyring,
    consistency: createConsistency({ keyring, ...(replicated ? { replicated } : {}) }),
    egress: scope.use(createEgress({ allowedCidrs: config.egress.allowedCidrs, allowedOrigins: [] })),
    blobs: await openBlobs(join(config.dataDir, 'blobs')),
  }
}

/** The database that requests work on: with replicas where they are configured and somebody reads. */
async function openRequestDatabase(
  config: ServerConfig,
  roles: RoleUrls,
  parts: Pick<Platform, 'log' | 'telemetry'>,
): Promise<{ db: Database; replicated?: NonNullable<ConsistencyOptions['replicated']> }> {
  const options = { ...parts, url: roles.app, maxConnections, applicationName: 'atrium-app' }
  const urls = config.database.mode === 'external' ? config.database.replicaUrls : []
  const hasReaders = targets[config.target].faces.includes('api')
  if (urls.length === 0 || !hasReaders) return { db: openDatabase(options) }
  const replicaUrls = urls.map((url) => url.reveal())
  const { db, sessions, position } = await openReplicated({ ...options, replicaUrls })
  return { db, replicated: { sessions, position } }
}

async function runJobs(
  platform: Platform,
  roles: RoleUrls,
  built: readonly Built[],
  scope: AsyncDisposableStack,
): Promise<void> {
  const jobs = scope.use(
    await openJobs({ url: roles.job, db: platform.jobDb, bus: platform.bus, log: platform.log }),
  )
  measureQueues(platform.metrics, platform.jobDb)
  // Each face is given the service that its own module has built.
  for (const { module, service } of built) await module.faces.jobs?.(jobs, service as never)
  await jobs.schedule('platform.tidy', '41 * * * *', () => forgetOldKeys(platform.jobDb))
  await jobs.start()
}

async function serve(
  platform: Platform,
  built: readonly Built[],
  options: StartOptions,
  scope: AsyncDisposableStack,
): Promise<string> {
  const { config, db, log, telemetry, consistency } = platform
  const target = targets[config.target]
  const app = await createHttpServer({
    config,
    log,
    db,
    telemetry,
    consistency,
    metrics: config.metrics && platform.metrics,
    gatekeeper: gatekeeperOf(built),
    ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }),
  })
  scope.defer(() => closeInTime(app))
  serveHealth(app, db)
  if (config.metrics) serveMetrics(app, platform.metrics, config.metrics.token)
  serveReference(app, version)
  for (const { module, service } of built) {
    if (target.faces.includes('api')) await module.faces.api?.(app, service as never)
    if (target.faces.includes('ingest')) await module.faces.ingest?.(app, service as never)
    if (target.faces.includes('gateway')) await module.faces.gateway?.(app, service as never)
  }
  if (target.web) await serveWeb(app)
  await app.listen({ host: config.http.host, port: config.http.port })
  const address = app.server.address()
  const port = typeof address === 'object' && address ? address.port : config.http.port
  return config.http.port === 0 ? `http://127.0.0.1:${port}` : config.http.publicUrl
}

/** How long requests that are under way may take when the server stops. */
const closeMs = 5000

/** Closes the server; readers that have stopped reading do not hold it up. */
async function closeInTime(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), closeMs)
  await app.close()
  clearTimeout(timer)
}

/** The identity module proves who calls. */
function gatekeeperOf(built: readonly Built[]): Gatekeeper {
  for (const { module, service } of built) {
    if (module.name === 'identity') return (service as { gatekeeper: Gatekeeper }).gatekeeper
  }
  throw new Error('No module proves who calls')
}
