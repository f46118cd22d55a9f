import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type CompiledQuery,
  type DatabaseConnection,
  Kysely,
  PostgresAdapter,
  PostgresDriver,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import type { Database, Tx } from '#platform/db'

/** Better Auth's way to the database: the app role's pool, or the transaction that it was called in. */
export interface AuthDatabase {
  readonly kysely: Kysely<unknown>
  /** While `work` runs, what Better Auth does is part of this transaction. */
  within<T>(tx: Tx, work: () => Promise<T>): Promise<T>
  /** The transaction that `within` was given, when one is open around the caller. */
  current(): Tx | undefined
}

/** Lets an account, its workspace and the membership commit as one although two libraries write them. */
export function createAuthDatabase(db: Database): AuthDatabase {
  const joined = new AsyncLocalStorage<Tx>()
  return {
    kysely: new Kysely<unknown>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => new JoiningDriver(db.pool, joined),
        createIntrospector: (kysely) => new PostgresIntrospector(kysely),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    }),
    within: (tx, work) => joined.run(tx, work),
    current: () => joined.getStore(),
  }
}

type PooledConnection = Parameters<PostgresDriver['releaseConnection']>[0]

/** Takes part in the transaction around it, which alone begins, commits and rolls back. */
class JoiningDriver extends PostgresDriver {
  readonly #joined: AsyncLocalStorage<Tx>

  constructor(pool: Database['pool'], joined: AsyncLocalStorage<Tx>) {
    super({ pool })
    this.#joined = joined
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const tx = this.#joined.getStore()
    return tx ? new JoinedConnection(tx) : super.acquireConnection()
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    if (!isJoined(connection)) await super.beginTransaction(connection, settings)
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    if (!isJoined(connection)) await super.commitTransaction(connection)
  }

  override async rollbackTransaction(connection: PooledConnection): Promise<void> {
    if (!isJoined(connection)) await super.rollbackTransaction(connection)
  }

  override async releaseConnection(connection: PooledConnection): Promise<void> {
    if (!isJoined(connection)) await super.releaseConnection(connection)
  }

  /** The pool is the platform's, which closes it. */
  override async destroy(): Promise<void> {}
}

const isJoined = (connection: DatabaseConnection): boolean => connection instanceof JoinedConnection

class JoinedConnection implements DatabaseConnection {
  readonly #tx: Tx

  constructor(tx: Tx) {
    this.#tx = tx
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.#tx.executeQuery<R>(query)
  }

  streamQuery(): AsyncIterableIterator<never> {
    throw new Error('rows are not streamed inside a joined transaction')
  }
}
