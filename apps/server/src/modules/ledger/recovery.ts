import { join } from 'node:path'
import type { Database, Tx } from '#platform/db'
import { isRefusal } from '#platform/db/refusal'
import type { Log } from '#platform/log'
import type { Journal } from './journal.ts'
import { batchOf, doubtful, type Begun, type Line } from './lines.ts'
import { listSpools, readSpool, removeSpool, type SpoolContents } from './spool.ts'
import { type DeadProcess, findDead, hasProcess, readBegun, readCosts, settle, takeOver } from './store.ts'

export interface RecoveryOptions {
  readonly jobDb: Database
  readonly log: Log
  readonly root: string
  /** How long after its expiry a lease is left to processes that can read the spool. */
  readonly graceMs: number
  readonly journal: Pick<Journal, 'heir'>
}

/** Records and begun calls that a process has left. */
type Left = Pick<SpoolContents, 'records' | 'begun'>

const batch = 20
const nothing: SpoolContents = { lines: new Map(), records: new Map(), begun: new Map() }

/** Books what processes left behind that died, and hands their records on. */
export class Recovery {
  readonly #options: RecoveryOptions

  constructor(options: RecoveryOptions) {
    this.#options = options
  }

  /** Takes over from processes whose lease has run out. */
  async sweep(): Promise<void> {
    const dead = await this.#options.jobDb.transaction((tx) => findDead(tx, batch))
    for (const one of dead) {
      await this.#takeOver(one).catch((error: unknown) => {
        this.#options.log.error(
          { err: error, processId: one.id },
          'a process that died could not be taken over',
        )
      })
    }
  }

  /** Books spools of this data directory whose process is gone from the database: another took over without them. */
  async readOrphans(): Promise<void> {
    const { jobDb, root, log } = this.#options
    for (const id of await listSpools(root)) {
      if (!isId(id) || (await jobDb.transaction((tx) => hasProcess(tx, id)))) continue
      const lines = await this.#settleAll(join(root, id))
      if (lines > 0) log.info({ processId: id, lines }, 'read the spool of a process that is gone')
    }
  }

  async #takeOver({ id, spool, overdueMs }: DeadProcess): Promise<void> {
    const { jobDb, graceMs, log } = this.#options
    const found = await readSpool(spool)
    if (found === null && overdueMs < graceMs) return
    const { lines, records, begun } = found ?? nothing
    const own = lines.get(id) ?? []
    const book = (booked: readonly Line[]): Promise<boolean> =>
      jobDb.transaction(async (tx) => {
        const told = await readBegun(tx, id)
        const left = { records, begun: new Map<string, Begun>([...told.map(byCall), ...begun]) }
        if (!this.#hasHeirFor(left) || !(await takeOver(tx, id, batchOf(booked)))) return false
        await this.#bequeath(tx, left)
        return true
      })
    const done = await book(own).catch((error: unknown) => {
      if (!isRefusal(error)) throw error
      log.error(
        { err: error, processId: id },
        'settlements of a process that died could not be booked as they are',
      )
      return book(own.map(doubtful))
    })
    if (!done) return
    if (found) await this.#settleAll(spool)
    const open = own.filter(({ s }) => s === 'expired').length
    log.warn(
      { processId: id, lines: own.length, records: records.size, open, withSpool: found !== null },
      'took over from a process that died',
    )
  }

  /** Books each line that the database does not have, hands the records on, then removes the spool. */
  async #settleAll(folder: string): Promise<number> {
    const { jobDb } = this.#options
    const found = (await readSpool(folder)) ?? nothing
    if (!this.#hasHeirFor(found)) return 0
    let count = 0
    for (const [processId, list] of found.lines) {
      await jobDb.transaction((tx) => settle(tx, processId, batchOf(list)))
      count += list.length
    }
    await jobDb.transaction((tx) => this.#bequeath(tx, found))
    await removeSpool(folder)
    return count
  }

  /** What somebody wants later is left where it is. */
  #hasHeirFor({ records, begun }: Left): boolean {
    return this.#options.journal.heir !== undefined || records.size + begun.size === 0
  }

  async #bequeath(tx: Tx, { records, begun }: Left): Promise<void> {
    const { heir } = this.#options.journal
    if (!heir || records.size + begun.size === 0) return
    const open = [...begun.values()].filter(({ c }) => !records.has(c))
    const costs = await readCosts(tx, open)
    await heir.inherit(tx, {
      records: [...records].map(([id, json]) => ({ id, json })),
      interrupted: open.map(({ w, c, n }) => ({
        workspaceId: w,
        callId: c,
        about: n,
        costNanoUsd: BigInt(costs.get(c) ?? 0),
      })),
    })
  }
}

const byCall = (begun: Begun): [string, Begun] => [begun.c, begun]

const isId = (name: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)
