import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { ReadSession, ReadSessions } from '../consistency.ts'
import { openDatabase, type Database, type DatabaseOptions } from '../db.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { later, parseLsn, standbyColumns, standbyText, type Position } from './position.ts'

/** Data older than this is not shown to anybody, whatever their token allows. */
const maxLagMs = 5000
/** How long a replica may take to say how it is. */
const patienceMs = 1000

/** This replica must not answer; somebody else should. */
export class ReplicaUnfit extends Error {}

/** What was last heard of the primary. */
export interface PrimaryState {
  readonly system: string
  readonly lineage: string
  /** What its commits had brought to disk at `heardMs`. */
  readonly flushed: string
  /** Monotonic. */
  readonly heardMs: number
}

export interface ReplicaOptions extends DatabaseOptions {
  /** How the log calls it. */
  readonly name: string
  readonly sessions: ReadSessions
  readonly lineageOf: (system: string, timeline: string) => string
}

/** One read replica, and whether it can be used right now. */
export class Replica implements AsyncDisposable {
  readonly name: string
  readonly #db: Database
  readonly #log: Log
  readonly #options: ReplicaOptions
  readonly #clients = new Set<pg.PoolClient>()
  #primary: PrimaryState | undefined
  /** What it has replayed at least; a restart may take it back, which the gate of each transaction notices. */
  #replayed = ''
  /** What the primary had at `heardMs` and this replica is waited for to replay. */
  #mark: PrimaryState | undefined
  /** Its data is not older than this (monotonic, in milliseconds). */
  #freshAtMs = -Infinity
  #trouble: string | null = 'it has not been asked yet'

  constructor(options: ReplicaOptions) {
    this.name = options.name
    this.#log = options.log
    this.#options = options
    this.#db = openDatabase({
      ...options,
      reconnectMs: 0,
      connectMs: patienceMs,
      probe: {
        gate: { text: standbyText, admit: (row) => this.#admit(row) },
        columns: standbyColumns,
        note: (row) => this.#note(row),
      },
    })
    this.#db.pool.on('connect', (client) => this.#clients.add(client))
    this.#db.pool.on('remove', (client) => this.#clients.delete(client))
  }

  /** Whether it has, as far as is known, what a session has seen. */
  has({ lineage, at }: Position): boolean {
    if (this.#trouble !== null || !this.#isFresh()) return false
    return this.#primary?.lineage === lineage && this.#replayed >= at
  }

  /** @throws ReplicaUnfit when the replica has to be passed by, before `work` has been given any row */
  async read<T>(work: (db: Database) => Promise<T>): Promise<T> {
    try {
      return await work(this.#db)
    } catch (error) {
      if (!(error instanceof ReplicaUnfit) && !isOwnFault(error)) throw error
      // Until it is asked again, a moment later.
      if (!(error instanceof ReplicaUnfit)) this.#trouble = 'a read from it failed'
      throw new ReplicaUnfit('a replica could not answer', { cause: error })
    }
  }

  /** Asks how it is, and cuts its connections when it does not say: nobody shall wait for an answer that does not come. */
  async check(primary: PrimaryState): Promise<void> {
    this.#primary = primary
    const trouble = await this.#ask(primary).catch((error: unknown) => {
      for (const client of this.#clients) destroy(client)
      return error instanceof Error ? error.message : 'it does not answer'
    })
    if (trouble === this.#trouble) return
    if (trouble === null) this.#log.info({ replica: this.name }, 'a read replica is used')
    else this.#log.warn({ replica: this.name, trouble }, 'a read replica is passed by')
    this.#trouble = trouble
  }

  async #ask(primary: PrimaryState): Promise<string | null> {
    const { rows } = await inTime(this.#db.pool.query(stateText))
    const row = rows[0] ?? {}
    if (row.powerful) return 'its role is a superuser or bypasses row-level security'
    if (row.system !== primary.system) return 'it belongs to another database cluster'
    if (row.standby !== true) return 'it is no standby: it may have been promoted'
    if (this.#lineageOf(row) !== primary.lineage) return 'it follows another timeline than the primary'
    const replayed = parseLsn(row.lsn) ?? ''
    this.#replayed = replayed
    this.#judgeAge(replayed, primary)
    return this.#isFresh() ? null : `it is more than ${maxLagMs / 1000} s behind`
  }

  #isFresh(): boolean {
    return performance.now() - this.#freshAtMs <= maxLagMs
  }

  #judgeAge(replayed: string, primary: PrimaryState): void {
    if (replayed >= primary.flushed) {
      this.#freshAtMs = primary.heardMs
      this.#mark = undefined
      return
    }
    if (this.#mark && replayed >= this.#mark.flushed) {
      this.#freshAtMs = this.#mark.heardMs
      this.#mark = undefined
    }
    this.#mark ??= primary
  }

  #lineageOf(row: pg.QueryResultRow): string {
    return this.#options.lineageOf(this.#primary?.system ?? '', String(row['timeline']))
  }

  /** Looks again within the transaction: what is known of a replica may be a moment old, and a restart takes it back. */
  #admit(row: pg.QueryResultRow): void {
    const session = this.#options.sessions.current()
    const replayed = parseLsn(row['lsn'])
    const floor = session && floorOf(session)
    const fits =
      floor &&
      replayed &&
      row['standby'] === true &&
      this.#lineageOf(row) === floor.lineage &&
      replayed >= floor.at
    if (replayed) this.#replayed = replayed
    if (!fits) throw new ReplicaUnfit('it has not replayed what the session has seen')
  }

  #note(row: pg.QueryResultRow): void {
    const at = parseLsn(row['lsn'])
    const session = this.#options.sessions.current()
    // The gate has found this replica to be of the same lineage.
    const lineage = session && floorOf(session)?.lineage
    if (at && lineage) this.#options.sessions.note({ lineage, at })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db[Symbol.asyncDispose]()
  }
}

/** What an answer to this session must cover; null for one that does not say what it has seen. */
export function floorOf({ floor, seen }: ReadSession): Position | null {
  return floor && seen ? later(floor, seen) : floor
}

/**
 * Whether the primary may do better: it is there while the replica is gone, its statements do not get into the way of a
 * replay, and it has the tables of the newest version. A statement that takes too long would also take long there.
 */
function isOwnFault(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'DATABASE_ERROR'
  return error instanceof pg.DatabaseError
}

/** @throws when `work` takes longer than a server that is well */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  const stop = new AbortController()
  const late = sleep(patienceMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error('it does not answer')
  })
  try {
    return await Promise.race([work, late])
  } finally {
    stop.abort()
    late.catch(() => undefined)
  }
}

/** Without asking the other side: what waits for it fails at once. */
function destroy(client: pg.PoolClient): void {
  client.connection.stream.destroy()
}

const stateText = `
  SELECT place.*, system_identifier::text AS system,
    (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS powerful
  FROM (${standbyText}) place, pg_control_system()`
