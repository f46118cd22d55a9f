import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import type { Log } from '#platform/log'
import { join } from 'node:path'
import { Spool, type Snapshot } from './spool.ts'
import { dropProcess, renewProcess } from './store.ts'

/** One life of this process towards the others: it ends when its lease runs out and another takes over. */
export interface Incarnation {
  readonly id: string
  readonly spool: Spool
  /** Until when what it has leased is its own, on the monotonic clock. */
  validUntilMs: number
}

export interface RegistrationOptions {
  readonly jobDb: Database
  readonly clock: Clock
  readonly log: Log
  /** Folder of the spools of this data directory. */
  readonly root: string
  readonly leaseMs: number
  /** What a new spool begins with: calls that are still open outlive an incarnation. */
  readonly snapshot: Snapshot
  /** The leases are gone. */
  readonly onLost: () => void
}

/** By which part of its length this process takes its lease for expired earlier than the database does. */
const marginShare = 0.1

/** Keeps this process registered, under another id when it was taken over. */
export class Registration {
  readonly #options: RegistrationOptions
  #current: Incarnation | undefined
  #renewing: Promise<void> | undefined

  constructor(options: RegistrationOptions) {
    this.#options = options
  }

  /** @throws before the first `renew` */
  get current(): Incarnation {
    if (!this.#current) throw new Error('the ledger is not open')
    return this.#current
  }

  isValid(nowMs: number): boolean {
    return this.#current !== undefined && nowMs < this.#current.validUntilMs
  }

  /** Prolongs the lease. @throws AppError while the database is away */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined))
    return this.#renewing
  }

  /** The database knows this incarnation no more. */
  async lost(incarnation: Incarnation): Promise<void> {
    if (incarnation !== this.#current) return
    incarnation.validUntilMs = 0
    await this.renew()
  }

  /** Ends the lease. What is still open is left to whoever takes over. */
  async end(isSettled: boolean): Promise<void> {
    const ending = this.#current
    if (!ending) return
    await this.#renewing?.catch(() => undefined)
    ending.validUntilMs = 0
    if (!isSettled) return ending.spool.close()
    await this.#options.jobDb.transaction((tx) => dropProcess(tx, ending.id))
    ending.spool.remove()
  }

  async #renew(): Promise<void> {
    const { clock, jobDb, leaseMs, log, onLost } = this.#options
    const askedAtMs = clock.monotonicMs()
    const before = this.#current
    if (before) {
      const { id, spool } = before
      const held = await jobDb.transaction((tx) =>
        renewProcess(tx, { id, spool: spool.folder, leaseMs, isNew: false }),
      )
      if (held) {
        before.validUntilMs = askedAtMs + leaseMs * (1 - marginShare)
        return
      }
      log.error({ processId: id }, 'this process was taken for dead; its slices of budgets are gone')
      before.validUntilMs = 0
      onLost()
    }
    await this.#begin(askedAtMs)
    before?.spool.remove()
  }

  async #begin(askedAtMs: number): Promise<void> {
    const { clock, jobDb, leaseMs, root, snapshot } = this.#options
    const id = clock.uuid()
    const folder = join(root, id)
    // Before the folder, so that nobody finds one without a process.
    await jobDb.transaction((tx) => renewProcess(tx, { id, spool: folder, leaseMs, isNew: true }))
    const spool = new Spool(folder, snapshot)
    this.#current = { id, spool, validUntilMs: askedAtMs + leaseMs * (1 - marginShare) }
  }
}
