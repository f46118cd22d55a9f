import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { createReadSessions } from '../consistency.ts'
import { openDatabase, type Database, type DatabaseOptions } from '../db.ts'
import { createLineages, parseLsn, primaryColumns, type Position, type PositionProbe } from './position.ts'
import { floorOf, inTime, Replica, ReplicaUnfit, type PrimaryState } from './replica.ts'

/** How often primary and replicas are asked where they are. */
const checkMs = 250

export interface ReplicatedOptions extends DatabaseOptions {
  /** Where the replicas are: host, port and parameters count; the role and the database are those of `url`. */
  readonly replicaUrls: readonly string[]
}

/** A database whose plain reads may be answered by replicas. */
export interface ReplicatedDatabase {
  readonly db: Database
  readonly sessions: ReturnType<typeof createReadSessions>
  /** A place in the log that covers everything committed before the call; null when the primary does not say. */
  readonly position: () => Promise<Position | null>
}

/**
 * Opens a primary and its replicas. A read goes to a replica when its session allows that, presents what it has seen,
 * and a replica has replayed as much; everything else goes to the primary, as does what a replica fails to answer.
 */
export async function openReplicated(options: ReplicatedOptions): Promise<ReplicatedDatabase> {
  const sessions = createReadSessions()
  const lineageOf = createLineages()
  let system = ''
  const positionOf = (row: pg.QueryResultRow): Position | null => {
    const at = parseLsn(row['lsn'])
    return at && system ? { lineage: lineageOf(system, String(row['timeline'])), at } : null
  }
  const probe: PositionProbe = {
    columns: primaryColumns,
    note: (row) => {
      const position = positionOf(row)
      if (position) sessions.note(position)
    },
  }
  await using opening = new AsyncDisposableStack()
  const primary = opening.use(openDatabase({ ...options, probe }))
  const replicas = options.replicaUrls.map((url, index) =>
    opening.use(
      new Replica({
        ...options,
        url: addressOf(url, options.url),
        name: nameOf(url, index),
        sessions,
        lineageOf,
      }),
    ),
  )

  const look = async (): Promise<PrimaryState> => {
    const heardMs = performance.now()
    const { rows } = await primary.pool.query(stateText)
    system = String(rows[0]?.system)
    const lineage = lineageOf(system, String(rows[0]?.timeline))
    return { system, lineage, flushed: parseLsn(rows[0]?.flushed) ?? '', heardMs }
  }
  let state = await look()
  const checking = repeatedly(async () => {
    // Without news of it the replicas are used until they are too old.
    state = await inTime(look()).catch(() => state)
    await Promise.all(replicas.map((replica) => replica.check(state)))
  })
  opening.use(checking)
  const scope = opening.move()
  return {
    db: { ...routed(primary, replicas, sessions), [Symbol.asyncDispose]: () => scope.disposeAsync() },
    sessions,
    position: together(async () => {
      const { rows } = await primary.pool.query(`SELECT ${primaryColumns}`)
      return positionOf(rows[0] ?? {})
    }),
  }
}

type Sessions = ReturnType<typeof createReadSessions>

function routed(primary: Database, replicas: readonly Replica[], sessions: Sessions): Database {
  let turn = 0
  const choose = (floor: Position): Replica | undefined => {
    const fit = replicas.filter((replica) => replica.has(floor))
    turn = (turn + 1) % Math.max(1, fit.length)
    return fit[turn]
  }
  const read = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    const session = sessions.current()
    const floor = session?.mayLag ? floorOf(session) : null
    const replica = floor && choose(floor)
    if (!replica) return work(primary)
    try {
      return await replica.read(work)
    } catch (error) {
      if (error instanceof ReplicaUnfit) return work(primary)
      throw error
    }
  }
  /** What a replica may have answered must decide no write. */
  const write = <T>(work: () => Promise<T>): Promise<T> => {
    if (sessions.current()?.mayLag) throw new Error('a route that a replica may answer must only read')
    return work()
  }
  return {
    ...primary,
    readWorkspace: (workspaceId, work) => read((db) => db.readWorkspace(workspaceId, work)),
    readOnly: (work) => read((db) => db.readOnly(work)),
    withWorkspace: (workspaceId, work) => write(() => primary.withWorkspace(workspaceId, work)),
    withPerson: (personId, work) => write(() => primary.withPerson(personId, work)),
    transaction: (work) => write(() => primary.transaction(work)),
    atomically: (scope, work) => write(() => primary.atomically(scope, work)),
  }
}

/** The replica's address with the primary's role, password and database, which replicate. */
function addressOf(replicaUrl: string, primaryUrl: string): string {
  const [url, own] = [new URL(replicaUrl), new URL(primaryUrl)]
  url.username = own.username
  url.password = own.password
  url.pathname = own.pathname
  return url.toString()
}

/** For the log: never with a password. */
function nameOf(url: string, index: number): string {
  const { host } = new URL(url)
  return host === '' ? `replica ${index + 1}` : decodeURIComponent(host)
}

/** Runs `work` again and again, with pauses, until disposed. */
function repeatedly(work: () => Promise<void>): AsyncDisposable {
  const stop = new AbortController()
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await work()
      await sleep(checkMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined)
    }
  }
  const running = run()
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
    },
  }
}

/** Calls that come while one is under way share the next one: what is under way may have been answered before they came. */
function together<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<T> | undefined
  return () => {
    next ??= running.then(() => {
      const current = work()
      running = current.catch(() => undefined)
      next = undefined
      return current
    })
    return next
  }
}

const stateText = `
  SELECT system_identifier::text AS system,
    CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_flush_lsn()::text END AS flushed, place.timeline
  FROM pg_control_system(), (SELECT ${primaryColumns}) place`
