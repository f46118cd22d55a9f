import type { Bus } from '#platform/bus'
import type { Database, Tx } from '#platform/db'
import type { Log } from '#platform/log'
import { addEncoded } from './histogram.ts'
import {
  addUsage,
  dropMinutes,
  findPending,
  keepSeries,
  lockUsage,
  loseWithMachine,
  readHistograms,
  seriesIdOf,
  takePending,
  type UsageRow,
  type UsageTable,
} from './store.ts'
import { minutesKeptMs } from './ranges.ts'
import { readGroups, type UsageGroup } from './summing.ts'
import { addSums, noSums } from './sums.ts'

/** Topic of the bus: the sums of a workspace have grown. The notice is a `UsageGrown`. */
export const usageGrown = 'traces-usage-grown'

/** Between which starts of spans the sums have grown, in seconds since 1970. */
export interface UsageGrown {
  readonly workspaceId: string
  readonly from: number
  /** The first second after. */
  readonly to: number
}

/** What is added in one transaction, in documents of at most some thousand spans each. */
const mostBodies = 32
const mostWorkspaces = 1000
const mostDropped = 20_000

export interface MergingParts {
  readonly jobDb: Database
  readonly bus: Pick<Bus, 'announce'>
  readonly log: Log
  readonly now: () => Date
}

/** Adds stored spans to the sums. */
export interface Merging {
  /** Adds all that waits. Sums that another process is adding to are left to it. */
  readonly merge: () => Promise<void>
  /** Drops sums by minute that are too old. */
  readonly tidy: () => Promise<void>
}

export function createMerging({ jobDb, bus, log, now }: MergingParts): Merging {
  return {
    merge: async () => {
      for (const workspaceId of await jobDb.transaction((tx) => findPending(tx, mostWorkspaces))) {
        try {
          while (await mergeSome({ jobDb, bus }, workspaceId));
        } catch (error) {
          // One workspace must not keep the others back.
          log.error({ err: error, workspaceId }, 'spans were not added to the sums; trying again')
        }
      }
    },
    tidy: async () => {
      const before = new Date(now().getTime() - minutesKeptMs)
      while ((await jobDb.transaction((tx) => dropMinutes(tx, before, mostDropped))) === mostDropped);
    },
  }
}

/** Adds some of what waits in one workspace; gives whether there may be more. */
async function mergeSome(
  { jobDb, bus }: Pick<MergingParts, 'jobDb' | 'bus'>,
  workspaceId: string,
): Promise<boolean> {
  return jobDb.transaction(async (tx) => {
    const [isOurs] = await Promise.all([lockUsage(tx, workspaceId), loseWithMachine(tx)])
    if (!isOurs) return false
    const bodies = await takePending(tx, workspaceId, mostBodies)
    const groups = bodies.flatMap(readGroups)
    if (groups.length === 0) return false
    await addGroups(tx, workspaceId, groups)
    jobDb.afterCommit(tx, () => bus.announce(usageGrown, { ...grownBy(workspaceId, groups) }))
    return bodies.length === mostBodies
  })
}

const minute = 60
const hour = 3600
const day = 86_400

/** Which tables a group is added to, and the stretch of time of their rows, in seconds. */
const cubes: readonly { table: UsageTable; unit: number; ofUsers: boolean }[] = [
  { table: 'usage_1m', unit: minute, ofUsers: false },
  { table: 'usage_1h', unit: hour, ofUsers: false },
  { table: 'usage_1d', unit: day, ofUsers: false },
  { table: 'user_usage_1h', unit: hour, ofUsers: true },
  { table: 'user_usage_1d', unit: day, ofUsers: true },
]

async function addGroups(tx: Tx, workspaceId: string, groups: readonly UsageGroup[]): Promise<void> {
  const series = new Map<string, UsageGroup['series']>()
  const tables = cubes.map(({ table }) => ({ table, rows: new Map<string, UsageRow>() }))
  for (const group of groups) {
    const seriesId = seriesIdOf(group.series)
    series.set(seriesId, group.series)
    const isOfUser = group.series.at(-1) !== null
    for (const [at, { unit, ofUsers }] of cubes.entries())
      if (ofUsers === isOfUser) addTo(tables[at]?.rows, group, seriesId, unit)
  }
  await Promise.all([
    keepSeries(tx, workspaceId, series),
    ...tables
      .filter(({ rows }) => rows.size > 0)
      .map(({ table, rows }) => addRows(tx, table, workspaceId, rows)),
  ])
}

function addTo(
  rows: Map<string, UsageRow> | undefined,
  group: UsageGroup,
  seriesId: string,
  unit: number,
): void {
  const start = Math.floor(group.start / unit) * unit
  const key = `${start} ${seriesId}`
  const row = rows?.get(key) ?? { start, seriesId, sums: noSums() }
  rows?.set(key, row)
  addSums(row.sums, group.sums)
}

/** Nobody else adds to the sums of this workspace meanwhile, so histograms can be read, added to and written. */
async function addRows(
  tx: Tx,
  table: UsageTable,
  workspaceId: string,
  added: ReadonlyMap<string, UsageRow>,
): Promise<void> {
  const rows = [...added.values()]
  for (const { start, seriesId, latency, firstToken } of await readHistograms(tx, table, workspaceId, rows)) {
    const sums = added.get(`${start} ${seriesId}`)?.sums
    if (!sums) continue
    addEncoded(sums.latency, latency)
    addEncoded(sums.firstToken, firstToken)
  }
  await addUsage(tx, table, workspaceId, rows)
}

function grownBy(workspaceId: string, groups: readonly UsageGroup[]): UsageGrown {
  const starts = groups.map(({ start }) => start)
  const least = starts.reduce((a, b) => Math.min(a, b))
  const last = starts.reduce((a, b) => Math.max(a, b))
  return { workspaceId, from: least, to: last + hour }
}
