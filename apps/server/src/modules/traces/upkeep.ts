import { setTimeout as sleep } from 'node:timers/promises'
import type { Signal } from '@atrium/wire/otlp'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import { codeOf } from '#platform/db/unavailable'
import { openDay } from './days-store.ts'
import { readRetentions, type RetentionDays } from './retention-store.ts'
import { keptByDefault } from './settings.ts'
import {
  deleteRows,
  deleteSeries,
  deleteTraces,
  dropDay,
  listDays,
  workspacesIn,
  type DayPart,
} from './upkeep-store.ts'

/** The days in which telemetry lies: made before they begin, removed when nobody keeps them. */
export interface Upkeep {
  /** Makes the days that will be needed next. */
  readonly openDays: () => Promise<void>
  /** Removes what is older than its workspace keeps it. @throws after all else is done, when a day could not be removed */
  readonly removeOld: () => Promise<void>
}

/** Tables that are parted into days. */
const dailyTables: readonly { readonly table: string; readonly signal: Signal }[] = [
  { table: 'spans', signal: 'traces' },
  { table: 'chunks', signal: 'traces' },
  { table: 'logs', signal: 'logs' },
  { table: 'log_chunks', signal: 'logs' },
  { table: 'metric_points', signal: 'metrics' },
]

/** Tables of what rows of those have in common. */
const summaries = [
  { table: 'traces.traces', signal: 'traces', remove: deleteTraces },
  { table: 'traces.metric_series', signal: 'metrics', remove: deleteSeries },
] as const

const signals = [...new Set(dailyTables.map(({ signal }) => signal))]

/** Days that are made ahead. */
const daysAhead = 7
/** Rows that one transaction deletes at most. */
const batch = 5000
/** How often the dropping of a day is tried, and how long others may use the table between. */
const attempts = 3
const pauseMs = 2000
const lockNotAvailable = '55P03'
const dayMs = 86_400_000

export function createUpkeep({ jobDb, clock }: { jobDb: Database; clock: Clock }): Upkeep {
  const today = (): number => Math.floor(clock.now().getTime() / dayMs) * dayMs
  return {
    openDays: async () => {
      for (let ahead = 0; ahead <= daysAhead; ahead += 1) {
        const day = new Date(today() + ahead * dayMs).toISOString().slice(0, 10)
        for (const signal of signals) await jobDb.transaction((tx) => openDay(tx, signal, day))
      }
    },
    removeOld: () => removeOld(jobDb, today()),
  }
}

/** Removes what began on a day (UTC) that is further back than its workspace keeps the signal. */
async function removeOld(jobDb: Database, todayMs: number): Promise<void> {
  const chosen = new Map<string, RetentionDays>(
    (await jobDb.transaction(readRetentions)).map(({ workspaceId, ...days }) => [workspaceId, days]),
  )
  const keptDays = (workspaceId: string, signal: Signal): number =>
    (chosen.get(workspaceId) ?? keptByDefault)[signal]
  const failures: unknown[] = []
  for (const { table, signal } of dailyTables) {
    const expiredOn = (ageDays: number) => (workspaceId: string) => ageDays > keptDays(workspaceId, signal)
    await clearTable(jobDb, table, todayMs, expiredOn).catch((error: unknown) => failures.push(error))
  }
  for (const { table, signal, remove } of summaries) {
    for (const workspaceId of await jobDb.transaction((tx) => workspacesIn(tx, table))) {
      const before = new Date(todayMs - keptDays(workspaceId, signal) * dayMs)
      await inBatches((limit) => jobDb.transaction((tx) => remove(tx, workspaceId, before, limit))).catch(
        (error: unknown) => failures.push(error),
      )
    }
  }
  if (failures.length > 0)
    throw new Error('some days of telemetry could not be removed', { cause: failures[0] })
}

type IsExpired = (workspaceId: string) => boolean

/** What keeps one day of a table from being dropped keeps the others too: they stay for the next time. */
async function clearTable(
  jobDb: Database,
  table: string,
  todayMs: number,
  expiredOn: (ageDays: number) => IsExpired,
): Promise<void> {
  for (const part of await jobDb.transaction((tx) => listDays(tx, table))) {
    const ageDays = (todayMs - Date.parse(part.day)) / dayMs
    if (ageDays > 0) await clearDay(jobDb, table, part, expiredOn(ageDays))
  }
}

/** Whoever has no rows: an empty day goes when it is older than what is kept by default. */
const nobody = ''

/** Drops a day of which nobody keeps anything, else deletes from it the rows of those who do not keep them. */
async function clearDay(
  jobDb: Database,
  table: string,
  { day, part }: DayPart,
  isExpired: IsExpired,
): Promise<void> {
  const there = await jobDb.transaction((tx) => workspacesIn(tx, part))
  const expired = there.filter(isExpired)
  if (expired.length === there.length && (there.length > 0 || isExpired(nobody))) {
    if (await insisting(() => jobDb.transaction((tx) => dropDay(tx, table, day, expired)))) return
  }
  for (const workspaceId of expired)
    await inBatches((limit) => jobDb.transaction((tx) => deleteRows(tx, part, workspaceId, limit)))
}

/** Tries again, with pauses, what a table in use has kept waiting for too long. */
async function insisting<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= attempts || codeOf(error) !== lockNotAvailable) throw error
      await sleep(pauseMs)
    }
  }
}

/** Repeats what works on a bounded number of rows until there are no more. */
async function inBatches(work: (limit: number) => Promise<number>): Promise<void> {
  while ((await work(batch)) === batch);
}
