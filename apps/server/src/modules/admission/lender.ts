import { randomUUID } from 'node:crypto'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import type { Log } from '#platform/log'
import { type Lender, Share } from './share.ts'
import {
  dropProcesses,
  insertBuckets,
  insertProcess,
  lease,
  renewProcess,
  type Asked,
  type Granted,
} from './store.ts'
import type { Counted } from './types.ts'

export interface LenderParts {
  /** With the rights of background work: one statement serves all workspaces. */
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
}

/** After which the slots of a process that says nothing are everybody's again. */
const leaseSeconds = 6
const renewMs = 1500
const lookMs = 250
const batch = 500

/**
 * Leases slices for all shares of this process, with one statement at a time for whatever has come together. The process
 * is known to the database while it has shares; one that was taken for dead counts its slots anew.
 */
export class DatabaseLender implements Lender, AsyncDisposable {
  readonly #parts: LenderParts
  readonly #shares = new Map<string, Share>()
  readonly #restless = new Set<Share>()
  readonly #timer: NodeJS.Timeout
  #processId: string | null = null
  #liveUntilMs = -Infinity
  #renewAtMs = 0
  #work: Promise<void> | null = null
  #isClosed = false

  constructor(parts: LenderParts) {
    this.#parts = parts
    this.#timer = setInterval(() => this.#look(), lookMs)
    this.#timer.unref()
  }

  isLive(nowMs: number): boolean {
    return nowMs < this.#liveUntilMs
  }

  wake(share: Share): void {
    this.#restless.add(share)
    this.#start()
  }

  /** The share of a limit; its limit becomes the given one. */
  share(counted: Counted, limit: number): Share {
    const { workspaceId, scope, scopeId, unit } = counted
    const name = `${workspaceId} ${scope} ${scopeId} ${unit}`
    const known = this.#shares.get(name)
    if (known) {
      known.limit = limit
      return known
    }
    const made = new Share(counted, limit, this)
    this.#shares.set(name, made)
    return made
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#work
    for (const share of this.#shares.values()) share.close()
    if (this.#processId === null) return
    try {
      const restless = [...this.#shares.values()].filter((share) => share.isRestless(this.#now()))
      for (let start = 0; start < restless.length; start += batch) {
        await this.#lease(restless.slice(start, start + batch))
      }
      await this.#parts.db.transaction((tx) => dropProcesses(tx, this.#processId))
    } catch (error) {
      this.#parts.log.debug({ err: error }, 'what this process holds of limits comes back when it expires')
    }
  }

  #now(): number {
    return this.#parts.clock.monotonicMs()
  }

  #start(): void {
    this.#work ??= this.#run().finally(() => {
      this.#work = null
      if (this.#restless.size > 0 && !this.#isClosed) this.#start()
    })
  }

  /** Looks for shares with something to say, and forgets those that nobody uses. */
  #look(): void {
    const now = this.#now()
    for (const [name, share] of this.#shares) {
      if (share.isRestless(now)) this.#restless.add(share)
      else if (share.isIdle(now)) {
        this.#shares.delete(name)
        share.isDropped = true
      }
    }
    if (this.#restless.size > 0 || (this.#shares.size > 0 && now >= this.#renewAtMs)) this.#start()
  }

  async #run(): Promise<void> {
    // What is asked for in the same moment goes together.
    await Promise.resolve()
    const shares = [...this.#restless].slice(0, batch)
    for (const share of shares) this.#restless.delete(share)
    try {
      await this.#stayKnown()
      if (shares.length > 0) await this.#lease(shares)
    } catch (error) {
      for (const share of shares) share.fail(error)
      this.#beForgotten()
      this.#parts.log.warn({ err: error }, 'limits could not be leased from the database')
    }
  }

  /** Makes sure that the database knows this process, and frees what dead ones have held. */
  async #stayKnown(): Promise<void> {
    const sentAtMs = this.#now()
    if (sentAtMs < this.#renewAtMs) return
    const id = this.isLive(sentAtMs) ? this.#processId : null
    const fresh = randomUUID()
    const isRenewed = await this.#parts.db.transaction(async (tx) => {
      const renewed = id !== null && (await renewProcess(tx, id, leaseSeconds))
      await dropProcesses(tx, renewed ? null : this.#processId)
      if (!renewed) await insertProcess(tx, fresh, leaseSeconds)
      return renewed
    })
    if (!isRenewed) this.#beginAs(fresh)
    this.#liveUntilMs = sentAtMs + leaseSeconds * 1000
    this.#renewAtMs = sentAtMs + renewMs
  }

  #beginAs(processId: string): void {
    this.#processId = processId
    for (const share of this.#shares.values()) {
      share.forget()
      if (share.isRestless(this.#now())) this.#restless.add(share)
    }
  }

  /** It is not known what the database has done: everything is counted anew under another name. */
  #beForgotten(): void {
    this.#liveUntilMs = -Infinity
    this.#renewAtMs = 0
  }

  async #lease(shares: readonly Share[]): Promise<void> {
    const { db } = this.#parts
    const fresh = shares.filter((share) => !share.isStored)
    if (fresh.length > 0) {
      await db.transaction((tx) =>
        insertBuckets(
          tx,
          fresh.map(({ counted }) => counted),
        ),
      )
      for (const share of fresh) share.isStored = true
    }
    const sentAtMs = this.#now()
    const leases = shares.map((share, place) => share.lease(place, sentAtMs))
    const granted = await this.#ask(leases.map(({ asked }) => asked)).catch((error: unknown) => {
      for (const { answer } of leases) answer.failed(error)
      throw error
    })
    const answered = new Map(granted.map((one) => [one.place, one]))
    for (const [place, share] of shares.entries()) {
      const found = answered.get(place)
      if (found) leases[place]?.answer.received(found.granted, found.available)
      else {
        leases[place]?.answer.retry()
        this.#restless.add(share)
      }
    }
    if (answered.size === 0) this.#beForgotten()
  }

  /** All in one write to the socket: a process that is paused in the middle of it would keep the buckets locked. */
  async #ask(asked: readonly Asked[]): Promise<Granted[]> {
    const { db } = this.#parts
    let granted: Granted[] = []
    const take = async (tx: Tx): Promise<void> =>
      void (granted = await lease(tx, this.#processId ?? '', asked))
    await db.transaction(async (tx) => db.withCommit(tx, take(tx)))
    return granted
  }
}
