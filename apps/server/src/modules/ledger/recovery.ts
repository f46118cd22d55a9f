import { join } from 'node:path'
import type { Database } from '#platform/db'
import type { Log } from '#platform/log'
import { listSpools, readSpool, removeSpool } from './spool.ts'
import { type DeadProcess, findDead, hasProcess, settle, takeOver } from './store.ts'

export interface RecoveryOptions {
  readonly jobDb: Database
  readonly log: Log
  readonly root: string
  /** How long after its expiry a lease is left to processes that can read the spool. */
  readonly graceMs: number
}

const batch = 20

/** Books what processes left behind that died. */
export class Recovery {
  readonly #options: RecoveryOptions

  constructor(options: RecoveryOptions) {
    this.#options = options
  }

  /** Takes over from processes whose lease has run out. */
  async sweep(): Promise<void> {
    const dead = await this.#options.jobDb.transaction((tx) => findDead(tx, batch))
    for (const one of dead) await this.#takeOver(one)
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
    const lines = await readSpool(spool)
    if (lines === null && overdueMs < graceMs) return
    const own = lines?.get(id) ?? []
    if (!(await jobDb.transaction((tx) => takeOver(tx, id, JSON.stringify(own))))) return
    if (lines) await this.#settleAll(spool)
    const open = own.filter(({ s }) => s === 'expired').length
    log.warn(
      { processId: id, lines: own.length, open, withSpool: lines !== null },
      'took over from a process that died',
    )
  }

  /** Books each line that the database does not have, then removes the spool. */
  async #settleAll(folder: string): Promise<number> {
    const lines = await readSpool(folder)
    let count = 0
    for (const [processId, list] of lines ?? []) {
      await this.#options.jobDb.transaction((tx) => settle(tx, processId, JSON.stringify(list)))
      count += list.length
    }
    await removeSpool(folder)
    return count
  }
}

const isId = (name: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)
