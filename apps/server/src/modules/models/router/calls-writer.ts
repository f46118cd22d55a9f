import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '#platform/db'
import { isRefusal } from '#platform/db/refusal'
import type { Log } from '#platform/log'
import { atMost } from '../at-most.ts'
import { storableCall, storeCalls, type CallRow, type StorableCall } from '../store.ts'
import type { Ledger } from './ledger.ts'

/** Keeps one row for each call. */
export interface CallsWriter extends AsyncDisposable {
  /** Resolves when the row is stored, or after a second at most; never rejects. */
  write(row: CallRow): Promise<void>
  /** Stores the row within a moment, together with those of other calls. For calls that nobody looks at yet. */
  keep(row: CallRow): void
  /** Resolves when all rows given so far are stored, or after a second at most; at once when none waits. Never rejects. */
  stored(): Promise<void>
  /** Rows that are not stored yet. */
  waiting(): Iterable<StorableCall>
}

const batchRows = 500
const waitMs = 1000
const retryMs = 250
/** How long a row that nobody waits for is held back: it makes a commit cost next to nothing for a single call. */
const gatherMs = 100
/** Rows that are kept while the database is away. */
const mostWaiting = 20_000
const closeMs = 5000

interface Waiting {
  readonly row: StorableCall
  done?: () => void
}

/**
 * Commits rows in groups: those that somebody waits for at once, those that come meanwhile together with the next
 * commit. While the database is away rows wait in memory, up to a bound; what lies beyond is named in the log. The ledger
 * spools each row as it comes, so that SIGKILL loses none.
 */
export function createCallsWriter(jobDb: Database, log: Log, ledger?: Pick<Ledger, 'record'>): CallsWriter {
  const waiting: Waiting[] = []
  let running: Promise<void> | undefined
  let gathering: NodeJS.Timeout | undefined
  let closing = false

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, batchRows)
      const rows = group.map(({ row }) => row)
      if (await store(jobDb, log, rows)) for (const { done } of waiting.splice(0, group.length)) done?.()
      else if (closing) return
      else await sleep(retryMs)
    }
  }

  const start = (): void => {
    clearTimeout(gathering)
    gathering = undefined
    running ??= flush().finally(() => (running = undefined))
  }

  const add = (call: CallRow, done?: () => void): boolean => {
    const row = storableCall(call)
    ledger?.record?.(row)
    if (waiting.length < mostWaiting) {
      waiting.push(done ? { row, done } : { row })
      return true
    }
    log.error({ callId: row.id }, 'a model call was not recorded: too many are waiting for the database')
    return false
  }

  return {
    write: async (row) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      if (!add(row, resolve)) return
      start()
      await atMost(promise, waitMs)
    },
    keep: (row) => {
      if (add(row) && !running) gathering ??= setTimeout(start, gatherMs)
    },
    waiting: function* () {
      for (const { row } of waiting) yield row
    },
    stored: async () => {
      const last = waiting.at(-1)
      if (!last) return
      const isStored = storedOf(last)
      start()
      await atMost(isStored, waitMs)
    },
    [Symbol.asyncDispose]: async () => {
      if (waiting.length > 0) start()
      if (running) await atMost(running, closeMs)
      closing = true
      await running
      if (waiting.length > 0)
        log.error({ rows: waiting.length }, 'model calls were not recorded before the end')
    },
  }
}

/** Resolves when this row is stored. */
function storedOf(row: Waiting): Promise<void> {
  const { done } = row
  const { promise, resolve } = Promise.withResolvers<void>()
  row.done = () => {
    done?.()
    resolve()
  }
  return promise
}

/** False when the database is away or busy and the rows should be tried again. A row that no database would take is dropped. */
async function store(jobDb: Database, log: Log, rows: readonly StorableCall[]): Promise<boolean> {
  try {
    await jobDb.transaction((tx) => storeCalls(tx, rows))
    return true
  } catch (error) {
    if (!isRefusal(error)) {
      log.warn({ err: error, rows: rows.length }, 'model calls could not be recorded yet; trying again')
      return false
    }
    if (rows.length > 1) {
      for (const row of rows) if (!(await store(jobDb, log, [row]))) return false
      return true
    }
    log.error({ err: error, callId: rows[0]?.id }, 'a model call could not be recorded')
    return true
  }
}
