import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CompiledQuery,
  DefaultQueryExecutor,
  DummyDriver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  Transaction,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
} from 'kysely'
import type pg from 'pg'
import type { Scope } from '../db.ts'
import { isUnavailable } from './unavailable.ts'

/** An open transaction; statements are `sql` templates with the type of their rows. */
export type Tx = Transaction<unknown>

export interface TransactionsOptions {
  readonly pool: pg.Pool
  /** How long to wait for a database that is restarting, in milliseconds. */
  readonly reconnectMs: number
  /** Told of each statement once it is done. */
  readonly onStatement: (text: string, durationMs: number) => void
}

/** Runs `work` in one transaction. `writes` are sent by then but may not be answered: when one fails, so does the commit. */
export type Transact = <T>(
  scope: Scope,
  work: (tx: Tx) => Promise<T>,
  writes: readonly Promise<unknown>[],
) => Promise<T>

/**
 * Transactions on pipelined connections: a statement goes out when it is made and not when the one before it has been
 * answered. BEGIN and the scope travel with the first statement, the last writes with COMMIT, and statements that are
 * made together wait together.
 */
export function createTransact(options: TransactionsOptions): Transact {
  return async (scope, work, writes) => {
    const client = await acquire(options)
    const connection = new PipelinedConnection(client, options.onStatement)
    connection.begin(scope)
    try {
      const result = await work(transactionOn(connection))
      const committed = connection.end('commit')
      // Nobody waits for the end of what has only read.
      if (scope.readOnly) committed.catch(() => undefined)
      else await finished(committed, writes)
      client.release()
      return result
    } catch (error) {
      await connection.end('rollback').then(
        () => client.release(),
        () => client.release(true),
      )
      throw error
    }
  }
}

/** A write that failed has turned the commit into a rollback; its own error says more than the commit's. */
async function finished(committed: Promise<void>, writes: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled([...writes, committed])
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

async function acquire({ pool, reconnectMs }: TransactionsOptions): Promise<pg.PoolClient> {
  const deadline = performance.now() + reconnectMs
  for (;;) {
    try {
      return await pool.connect()
    } catch (error) {
      if (!isUnavailable(error) || performance.now() > deadline) throw error
      await sleep(100)
    }
  }
}

const dialect: Dialect = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
}
const driver = new DummyDriver()
const compiler = new PostgresQueryCompiler()
const adapter = new PostgresAdapter()

function transactionOn(connection: DatabaseConnection): Tx {
  const executor = new DefaultQueryExecutor(compiler, adapter, {
    provideConnection: (consumer) => consumer(connection),
  })
  return new Transaction({ config: { dialect }, driver, dialect, executor })
}

/** A connection for the length of one transaction; afterwards it belongs to somebody else. */
class PipelinedConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient
  readonly #onStatement: TransactionsOptions['onStatement']
  #isOpen = true

  constructor(client: pg.PoolClient, onStatement: TransactionsOptions['onStatement']) {
    this.#client = client
    this.#onStatement = onStatement
  }

  begin({ workspaceId = '', personId = '', readOnly = false }: Scope): void {
    // Whoever reads several things sees them as of one moment: a message and its run never contradict each other.
    const mode = readOnly ? ' isolation level repeatable read read only' : ''
    const text = `begin${mode}; select set_config('app.workspace_id', '${workspaceId}', true), set_config('app.person_id', '${personId}', true)`
    // Not awaited: the next statement follows on the same wire. Should this fail, so do they and the commit.
    this.#client.query(text).catch(() => undefined)
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (!this.#isOpen) throw new Error('the transaction of this statement has ended')
    const startedAt = performance.now()
    const { command, rowCount, rows } = await this.#client.query(sql, [...parameters])
    this.#onStatement(sql, performance.now() - startedAt)
    const isChange = changes.has(command)
    return isChange ? { numAffectedRows: BigInt(rowCount ?? 0), rows } : { rows: rows ?? [] }
  }

  /** @throws when a statement had failed and the server rolled back instead of committing */
  async end(how: 'commit' | 'rollback'): Promise<void> {
    this.#isOpen = false
    const { command } = await this.#client.query(how)
    if (how === 'commit' && command === 'ROLLBACK')
      throw new Error('the transaction was rolled back: one of its statements had failed')
  }

  streamQuery(): AsyncIterableIterator<never> {
    throw new Error('rows are not streamed; lists have cursors')
  }
}

const changes: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])
