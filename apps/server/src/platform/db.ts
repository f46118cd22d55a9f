import { AsyncLocalStorage } from 'node:async_hooks'
import { type RawBuilder, sql } from 'kysely'
import pg from 'pg'
import type { PositionProbe } from './db/position.ts'
import { PreparingClient } from './db/preparing-client.ts'
import { createTransact, type Tx } from './db/transactions.ts'
import { codeOf, isUnavailable } from './db/unavailable.ts'
import { AppError } from './errors.ts'
import type { Log } from './log.ts'
import type { Telemetry } from './telemetry.ts'

export { sql }
export type { Tx } from './db/transactions.ts'
export { isUnavailable } from './db/unavailable.ts'

/** Whose rows a transaction may touch. */
export interface Scope {
  readonly workspaceId?: string
  readonly personId?: string
  readonly readOnly?: boolean
}

export interface Database extends AsyncDisposable {
  /** Runs `work` in one transaction that sees and writes the rows of this workspace only. */
  withWorkspace<T>(workspaceId: string, work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * The same for work that only reads. All its statements see the data of one moment, and it takes one round trip less,
   * since nobody waits for the end of the transaction.
   */
  readWorkspace<T>(workspaceId: string, work: (tx: Tx) => Promise<T>): Promise<T>
  /** Runs `work` in one transaction that sees what belongs to this person in all workspaces (own memberships). */
  withPerson<T>(personId: string, work: (tx: Tx) => Promise<T>): Promise<T>
  /** Runs `work` in one transaction without a tenant: tenant tables are empty in it. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** The same for work that only reads. */
  readOnly<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * Opens a transaction that `withWorkspace` calls for the same workspace join while `work` runs, so that
   * a whole request commits or fails as one. Inside of another such call it goes on in that one's transaction, which
   * sees and writes the rows of this scope until `work` has ended.
   */
  atomically<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T>
  /** Calls `action` once this transaction has committed; never when it fails. */
  afterCommit(tx: Tx, action: () => void): void
  /**
   * Lets a last write travel together with the commit instead of waiting for its answer first. When it fails, so does
   * the transaction, with its error.
   */
  withCommit(tx: Tx, write: Promise<unknown>): void
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
  /** How long to wait for a connection, in milliseconds. */
  readonly connectMs?: number
  /** Asks the server where it is in its log; without it nothing is asked. */
  readonly probe?: PositionProbe
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const statementTimeoutMs = 30_000

/** What a transaction does around its commit. */
interface Ending {
  /** Sent before it, not yet answered. */
  readonly writes: Promise<unknown>[]
  /** Done after it. */
  readonly actions: (() => void)[]
}

interface Ambient {
  readonly scope: Scope
  readonly tx: Tx
  open: boolean
}

/** A pool of pipelined connections behind kysely. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = openPool(options)
  const ambient = new AsyncLocalStorage<Ambient | undefined>()
  const endings = new WeakMap<Tx, Ending>()
  const transact = createTransact({
    pool,
    reconnectMs: options.reconnectMs ?? 3000,
    probe: options.probe,
    onStatement: (text, durationMs) => recordStatement(options.telemetry, text, durationMs),
  })

  const begin = async <T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> => {
    const ending: Ending = { writes: [], actions: [] }
    const run = (tx: Tx): Promise<T> => {
      endings.set(tx, ending)
      return work(tx)
    }
    const result = await transact(checked(scope), run, ending.writes).catch(rethrow)
    for (const action of ending.actions) ambient.run(undefined, action)
    return result
  }

  const endingOf = (tx: Tx): Ending => {
    const ending = endings.get(tx)
    if (!ending) throw new Error('this needs a transaction of this database')
    return ending
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
    readOnly: (work) => begin({ readOnly: true }, work),
    atomically: (scope, work) => {
      const outer = ambient.getStore()
      return outer?.open
        ? inside(outer, checked(scope), () => asAmbient(ambient, scope, outer.tx, work))
        : begin(scope, (tx) => asAmbient(ambient, scope, tx, work))
    },
    afterCommit: (tx, action) => void endingOf(tx).actions.push(action),
    withCommit: (tx, write) => {
      // Looked at after the commit; until then nobody listens.
      write.catch(() => undefined)
      endingOf(tx).writes.push(write)
    },
    [Symbol.asyncDispose]: async () => {
      await pool.end()
    },
  }
}

/** Lets calls for this scope join the transaction while `work` runs. */
async function asAmbient<T>(
  ambient: AsyncLocalStorage<Ambient | undefined>,
  scope: Scope,
  tx: Tx,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const own: Ambient = { scope, tx, open: true }
  try {
    return await ambient.run(own, () => work(tx))
  } finally {
    own.open = false
  }
}

/** Lends a transaction to another scope; meanwhile nobody joins it for its own. */
async function inside<T>(outer: Ambient, scope: Scope, work: () => Promise<T>): Promise<T> {
  outer.open = false
  await enter(outer.tx, scope)
  try {
    return await work()
  } finally {
    // After a statement that failed this fails as well, and so does everything up to the rollback.
    await enter(outer.tx, outer.scope).catch(() => undefined)
    outer.open = true
  }
}

async function enter(tx: Tx, { workspaceId = '', personId = '' }: Scope): Promise<void> {
  await sql`
    SELECT set_config('app.workspace_id', ${workspaceId}, true), set_config('app.person_id', ${personId}, true)`.execute(
    tx,
  )
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

function openPool(options: DatabaseOptions): pg.Pool {
  const { url, maxConnections, log, applicationName, connectMs = 10_000 } = options
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    application_name: applicationName,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    pipeline: true,
    Client: PreparingClient,
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => {
    // A database that stops after its pools may be faster than their last goodbye.
    if (!pool.ending) log.warn({ err: error }, 'a database connection broke')
  })
  return pool
}

function recordStatement(telemetry: DatabaseOptions['telemetry'], text: string, durationMs: number): void {
  const attributes = { 'db.system.name': 'postgresql', 'db.query.text': text }
  telemetry?.record('postgresql.query', attributes, durationMs)
}

/** Setting values stand in the text of the statement, so only UUIDs may come through. */
function checked(scope: Scope): Scope {
  for (const id of [scope.workspaceId, scope.personId]) {
    if (id !== undefined && !uuidForm.test(id)) throw new Error('a scope needs lower-case UUIDs')
  }
  return scope
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
  if (codeOf(error) === '57014') {
    throw new AppError('SERVICE_UNAVAILABLE', 'This takes too long at the moment. Try again later.', {
      retryAfterSeconds: 5,
      detail: 'a statement was ended',
      cause: error,
    })
  }
  if (codeOf(error) === '53100') {
    throw new AppError('INSUFFICIENT_STORAGE', 'The disk of the database is full.', { cause: error })
  }
  throw error
}
