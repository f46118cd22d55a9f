import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresDriver,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DatabaseConnection,
  type RawBuilder,
  type Transaction,
} from 'kysely'
import pg from 'pg'
import { AppError } from './errors.ts'
import type { Log } from './log.ts'
import type { Telemetry } from './telemetry.ts'

export { sql } from 'kysely'

/** An open transaction; statements are `sql` templates with the type of their rows. */
export type Tx = Transaction<unknown>

/** Whose rows a transaction may touch. */
export interface Scope {
  readonly workspaceId?: string
  readonly personId?: string
  readonly readOnly?: boolean
}

export interface Database extends AsyncDisposable {
  /** Runs `work` in one transaction that sees and writes the rows of this workspace only. */
  withWorkspace<T>(workspaceId: string, work: (tx: Tx) => Promise<T>): Promise<T>
  /** The same for work that only reads: one round trip less, since nobody waits for the end of the transaction. */
  readWorkspace<T>(workspaceId: string, work: (tx: Tx) => Promise<T>): Promise<T>
  /** Runs `work` in one transaction that sees what belongs to this person in all workspaces (own memberships). */
  withPerson<T>(personId: string, work: (tx: Tx) => Promise<T>): Promise<T>
  /** Runs `work` in one transaction without a tenant: tenant tables are empty in it. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * Opens a transaction that `withWorkspace` calls for the same workspace join while `work` runs, so that
   * a whole request commits or fails as one.
   */
  atomically<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T>
  /** Calls `action` once this transaction has committed; never when it fails. */
  afterCommit(tx: Tx, action: () => void): void
  readonly pool: pg.Pool
}

export interface DatabaseOptions {
  readonly url: string
  readonly maxConnections: number
  readonly log: Log
  readonly applicationName: string
  readonly telemetry?: Pick<Telemetry, 'record'>
  /** How long to wait for a database that is restarting, in milliseconds. */
  readonly reconnectMs?: number
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const statementTimeoutMs = 30_000

interface Ambient {
  readonly scope: Scope
  readonly tx: Tx
  open: boolean
}

/** A pool of pipelined connections behind kysely. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = openPool(options)
  const opening = new AsyncLocalStorage<Scope>()
  const ambient = new AsyncLocalStorage<Ambient | undefined>()
  const hooks = new WeakMap<Tx, (() => void)[]>()
  const kysely = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new PipelinedDriver(pool, opening, options.reconnectMs ?? 3000),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query, queryDurationMillis }) =>
      options.telemetry?.record(
        'postgresql.query',
        { 'db.system.name': 'postgresql', 'db.query.text': query.sql },
        queryDurationMillis,
      ),
  })

  const begin = async <T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> => {
    const actions: (() => void)[] = []
    const run = () =>
      kysely.transaction().execute((tx) => {
        hooks.set(tx, actions)
        return work(tx)
      })
    const result = await opening.run(checked(scope), run).catch(rethrow)
    for (const action of actions) ambient.run(undefined, action)
    return result
  }

  const inScope = <T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> => {
    const outer = ambient.getStore()
    const joins = outer?.open && outer.scope.workspaceId === scope.workspaceId && !scope.personId
    return joins ? work(outer.tx) : begin(scope, work)
  }

  return {
    pool,
    withWorkspace: (workspaceId, work) => inScope({ workspaceId }, work),
    readWorkspace: (workspaceId, work) => inScope({ workspaceId, readOnly: true }, work),
    withPerson: (personId, work) => begin({ personId }, work),
    transaction: (work) => begin({}, work),
    atomically: (scope, work) =>
      begin(scope, async (tx) => {
        const outer: Ambient = { scope, tx, open: true }
        try {
          return await ambient.run(outer, () => work(tx))
        } finally {
          outer.open = false
        }
      }),
    afterCommit: (tx, action) => {
      const actions = hooks.get(tx)
      if (!actions) throw new Error('afterCommit needs a transaction of this database')
      actions.push(action)
    },
    [Symbol.asyncDispose]: async () => {
      await kysely.destroy()
    },
  }
}

/** All rows of a statement. */
export async function rows<R>(tx: Tx, query: RawBuilder<R>): Promise<R[]> {
  return (await query.execute(tx)).rows
}

/** The first row of a statement, if there is one. */
export async function first<R>(tx: Tx, query: RawBuilder<R>): Promise<R | undefined> {
  return (await query.execute(tx)).rows[0]
}

/** How many rows a statement changed. */
export async function changed(tx: Tx, query: RawBuilder<unknown>): Promise<number> {
  return Number((await query.execute(tx)).numAffectedRows ?? 0n)
}

function openPool({ url, maxConnections, log, applicationName }: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    application_name: applicationName,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    pipeline: true,
    Client: PreparingClient,
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'a database connection broke'))
  return pool
}

/** Longer statements are written for one use, such as an insert of many rows. */
const maxPreparedChars = 6000
/** Statements of fixed form are a few hundred; beyond this the texts must come from somewhere else. */
const maxPreparedStatements = 1000

/**
 * Prepares each statement once per connection: planning takes about as long as running what a request needs
 * (1.45 s of 2.8 s for 300 turns).
 */
class PreparingClient extends pg.Client {
  readonly #names = new Map<string, string>()

  // One of several overloads of `pg`; the others pass through as they are.
  override query(...args: unknown[]): never {
    const [text, values, ...rest] = args
    const prepared =
      typeof text === 'string' && Array.isArray(values) && values.length > 0 ? this.#nameOf(text) : null
    const first = prepared === null ? text : { name: prepared, text, values }
    const others = prepared === null ? args.slice(1) : rest
    // What came in was a valid call; naming the statement keeps it one.
    const call = [first, ...others] as unknown as Parameters<pg.Client['query']>
    return super.query(...call) as never
  }

  #nameOf(text: string): string | null {
    const known = this.#names.get(text)
    if (known !== undefined) return known
    if (text.length > maxPreparedChars || this.#names.size >= maxPreparedStatements) return null
    const name = `s${this.#names.size}`
    this.#names.set(text, name)
    return name
  }
}

/** Setting values stand in the text of the statement, so only UUIDs may come through. */
function checked(scope: Scope): Scope {
  for (const id of [scope.workspaceId, scope.personId]) {
    if (id !== undefined && !uuidForm.test(id)) throw new Error('a scope needs lower-case UUIDs')
  }
  return scope
}

/** Sends BEGIN and the scope together with the first statement: one round trip for all. */
class PipelinedDriver extends PostgresDriver {
  readonly #opening: AsyncLocalStorage<Scope>
  readonly #reconnectMs: number

  constructor(pool: pg.Pool, opening: AsyncLocalStorage<Scope>, reconnectMs: number) {
    super({ pool })
    this.#opening = opening
    this.#reconnectMs = reconnectMs
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const deadline = performance.now() + this.#reconnectMs
    for (;;) {
      try {
        return await super.acquireConnection()
      } catch (error) {
        if (!isUnavailable(error) || performance.now() > deadline) throw error
        await sleep(100)
      }
    }
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const { workspaceId = '', personId = '', readOnly = false } = this.#opening.getStore() ?? {}
    const text = `begin${readOnly ? ' read only' : ''}; select set_config('app.workspace_id', '${workspaceId}', true), set_config('app.person_id', '${personId}', true)`
    // Not awaited: the next statement follows on the same wire. Should this fail, so do they and the commit.
    connection.executeQuery(CompiledQuery.raw(text)).catch(() => undefined)
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    if (!this.#opening.getStore()?.readOnly) return super.commitTransaction(connection)
    connection.executeQuery(CompiledQuery.raw('commit')).catch(() => undefined)
  }
}

const unavailable = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ECONNRESET',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '08006',
  '08001',
  '53300',
])

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The database cannot be reached right now (restarting, refusing, gone); trying again later may work. */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error)
  if (code !== undefined) return unavailable.has(code)
  return (
    error instanceof Error &&
    /Connection terminated|timeout exceeded when trying to connect|Client was closed/.test(error.message)
  )
}

/** The name of the violated constraint, when that is what went wrong. */
export function violatedConstraint(error: unknown): string | undefined {
  const code = codeOf(error)
  if (!code?.startsWith('23') || typeof error !== 'object' || error === null) return undefined
  return 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : undefined
}

function rethrow(error: unknown): never {
  if (isUnavailable(error)) {
    throw new AppError('DATABASE_ERROR', 'The database is not available. Try again shortly.', {
      retryAfterSeconds: 2,
      cause: error,
    })
  }
  if (codeOf(error) === '53100') {
    throw new AppError('INSUFFICIENT_STORAGE', 'The disk of the database is full.', { cause: error })
  }
  throw error
}
