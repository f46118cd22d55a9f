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
import type { PositionProbe } from './position.ts'
import { isUnavailable } from './unavailable.ts'

/** An open transaction; statements are `sql` templates with the type of their rows. */
export type Tx = Transaction<unknown>

export interface TransactionsOptions {
  readonly pool: pg.Pool
  /** How long to wait for a database that is restarting, in milliseconds. */
  readonly reconnectMs: number
  /** Told of each statement once it is done. */
  readonly onStatement: (text: string, durationMs: number) => void
  /** Asks the server where it is in its log; nothing is asked without it. */
  readonly probe?: PositionProbe | undefined
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
    const connection = new PipelinedConnection(client, options)
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
  readonly #probe: PositionProbe | undefined
  /** Rejects when this server must not be read; no statement is answered before that is known. */
  #admitted: Promise<void> | undefined
  /** Behind the end of a transaction that writes. */
  #epilogue = ''
  #isOpen = true

  constructor(client: pg.PoolClient, { onStatement, probe }: TransactionsOptions) {
    this.#client = client
    this.#onStatement = onStatement
    this.#probe = probe
  }

  begin({ workspaceId = '', personId = '', readOnly = false }: Scope): void {
    const probe = this.#probe
    if (probe?.gate) this.#admitted = this.#askGate(probe.gate)
    if (probe && !readOnly) this.#epilogue = `; select ${probe.columns}`
    const place = probe && readOnly ? `; select ${probe.columns}` : ''
    // Whoever reads several things sees them as of one moment: a message and its run never contradict each other.
    const mode = readOnly ? ' isolation level repeatable read read only' : ''
    const scope = setting('workspace_id', workspaceId) + setting('person_id', personId)
    const text = `begin${mode}${scope}${place}`
    // Not awaited: the next statement follows on the same wire. Should this fail, so do they and the commit.
    this.#client.query(text).then(place ? this.#note : undefined, () => undefined)
  }

  #askGate({ text, admit }: NonNullable<PositionProbe['gate']>): Promise<void> {
    const answer = this.#client.query(text).then(({ rows }) => admit(rows[0] ?? {}))
    answer.catch(() => undefined)
    return answer
  }

  /** The place stands in the last row of what several statements in one message answer. */
  readonly #note = (results: unknown): void => {
    const last: unknown = Array.isArray(results) ? results.at(-1) : undefined
    // Each element is a result; `pg` does not say that several statements give several.
    const row = (last as pg.QueryResult | undefined)?.rows[0]
    if (row) this.#probe?.note(row)
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (!this.#isOpen) throw new Error('the transaction of this statement has ended')
    const startedAt = performance.now()
    const { command, rowCount, rows } = await this.#client.query(sql, [...parameters])
    if (this.#admitted) await this.#admitted
    this.#onStatement(sql, performance.now() - startedAt)
    const isChange = changes.has(command)
    return isChange ? { numAffectedRows: BigInt(rowCount ?? 0), rows } : { rows: rows ?? [] }
  }

  /** @throws when a statement had failed and the server rolled back instead of committing */
  async end(how: 'commit' | 'rollback'): Promise<void> {
    this.#isOpen = false
    const answer = await this.#client.query(`${how}${this.#epilogue}`)
    if (this.#epilogue !== '') this.#note(answer)
    if (how === 'commit' && commandOf(answer) === 'ROLLBACK')
      throw new Error('the transaction was rolled back: one of its statements had failed')
  }

  streamQuery(): AsyncIterableIterator<never> {
    throw new Error('rows are not streamed; lists have cursors')
  }
}

/**
 * Says for whom a transaction is; unset, both are empty, and so are the tables of workspaces. SET costs the server a
 * tenth of what `set_config` in a SELECT does, and answers without rows.
 */
const setting = (name: string, id: string): string => (id === '' ? '' : `; set local app.${name} = '${id}'`)

/** Several statements in one message give several results, which `pg` does not say; the first one ends the transaction. */
function commandOf(answer: pg.QueryResult): string {
  const results: readonly pg.QueryResult[] = Array.isArray(answer) ? answer : [answer]
  return results[0]?.command ?? ''
}

const changes: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])
