import { randomUUID } from 'node:crypto'
import type { Database } from '#platform/db'
import type { Log } from '#platform/log'
import type { Finisher } from './finish.ts'
import type { Generator } from './generation.ts'
import type { RunRow } from './rows.ts'
import { frameOf, type LiveRun, type RunLog } from './run-log.ts'
import { claimQueued, dropEngine, renewLease, takeOver } from './store.ts'
import { readEvents, type SaidRow } from './views.ts'

/** Runs generations in this process, and ends those of processes that died. */
export interface Engine {
  /** Under which runs are stored that this process is to generate. */
  readonly id: string
  /** Generates a run whose row and first event have just been committed under this engine, and which answers `said`. */
  start(row: RunRow, firstFrame: string, said: readonly SaidRow[]): void
  /** Aborts the provider's stream of a run that is generated here. False when it is not. */
  stop(runId: string): boolean
}

export interface EngineOptions {
  /** With the rights of background work. */
  readonly db: Database
  readonly log: Log
  readonly runLog: RunLog
  readonly generator: Generator
  readonly finisher: Finisher
}

const leaseSeconds = 5
const renewMs = 1500
const sweepMs = 1000
const batch = 50
/** How long a clean stop waits for answers that are nearly done. */
const drainMs = 4000
/** How long it waits then for the runs that it has aborted. */
const endMs = 5000

/** Reason with which a person's Stop aborts a run. */
export const stoppedByPerson = new Error('stopped by a person')
/** Reason with which a process that ends aborts its runs. */
export const serverStopping = new Error('the server is stopping')
const leaseLost = new Error('another process has taken this run over')

/** An engine that keeps its lease in the database until it is disposed. */
export class LeasedEngine implements Engine {
  readonly #options: EngineOptions
  readonly #live = new Map<string, { run: LiveRun; done: Promise<void> }>()
  #id = randomUUID()
  #timers: NodeJS.Timeout[] = []
  #isAdvancing = false
  #advanceAgain = false
  #engines = 1
  #isRegistered = false
  #stopping = false

  constructor(options: EngineOptions) {
    this.#options = options
  }

  get id(): string {
    return this.#id
  }

  /** Registers this process and begins to look after runs. */
  async open(): Promise<this> {
    await this.#renew()
    await this.#sweep()
    const { log } = this.#options
    this.#timers = [
      periodically(renewMs, () => this.#renew(), log),
      periodically(sweepMs, () => this.#sweep(), log),
    ]
    return this
  }

  /** Whether other processes may have readers of our runs. */
  hasPeers(): boolean {
    return this.#engines > 1
  }

  start(row: RunRow, firstFrame: string, said: readonly SaidRow[]): void {
    this.#generate(row, [firstFrame], said)
  }

  stop(runId: string): boolean {
    const found = this.#live.get(runId)
    found?.run.controller.abort(stoppedByPerson)
    return found !== undefined
  }

  /** The lease is gone: its runs belong to others. This process goes on as another engine. */
  abandon(): void {
    this.#options.log.error('this process lost its lease; its runs are ended elsewhere')
    this.#options.runLog.abandon()
    this.#abortAll(leaseLost)
    this.#id = randomUUID()
    this.#isRegistered = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    await Promise.race([this.#allDone(), new Promise((resolve) => setTimeout(resolve, drainMs).unref())])
    this.#abortAll(serverStopping)
    // Without a database they cannot end; the next start ends them.
    await Promise.race([this.#allDone(), new Promise((resolve) => setTimeout(resolve, endMs).unref())])
    for (const timer of this.#timers) clearInterval(timer)
    await this.#options.db.transaction((tx) => dropEngine(tx, this.#id)).catch(() => undefined)
  }

  async #renew(): Promise<void> {
    const { db } = this.#options
    const lease = await db.transaction((tx) => renewLease(tx, this.#id, leaseSeconds, !this.#isRegistered))
    this.#engines = lease.engines
    if (lease.held) {
      this.#isRegistered = true
      return
    }
    this.abandon()
    await this.#renew()
  }

  #generate(row: RunRow, frames: readonly string[], said?: readonly SaidRow[]): void {
    const { runLog, generator, log } = this.#options
    // Accepted under a lease that was lost since: whoever sweeps next ends it.
    if (row.engine_id !== this.#id) return
    const run = runLog.open(row, frames)
    const end = (isFollowed: boolean): void => {
      this.#live.delete(row.id)
      if (isFollowed) this.#advance()
    }
    const done = generator
      .generate(row, run, this.#id, said)
      .catch((error: unknown) => {
        runLog.close(run, [])
        log.error({ err: error, runId: row.id }, 'a run could not be ended; the next sweep ends it')
        return true
      })
      .then(end)
    this.#live.set(row.id, { run, done })
  }

  /** Starts queued runs whose turn has come. */
  #advance(): void {
    this.#advanceAgain = true
    if (this.#isAdvancing) return
    this.#isAdvancing = true
    this.#claim()
      .catch((error: unknown) =>
        this.#options.log.warn({ err: error }, 'queued runs could not be started; trying again'),
      )
      .finally(() => (this.#isAdvancing = false))
  }

  /** However many runs end meanwhile, one query after the other looks for those that waited for them. */
  async #claim(): Promise<void> {
    while (this.#advanceAgain && !this.#stopping) {
      this.#advanceAgain = false
      const rows = await this.#options.db.transaction((tx) => claimQueued(tx, this.#id, batch))
      await Promise.all(rows.map((row) => this.#resume(row)))
    }
  }

  async #resume(row: RunRow): Promise<void> {
    const events = await this.#options.db.transaction((tx) => readEvents(tx, row.workspace_id, row.id, 0, 10))
    this.#generate(
      row,
      events.map((event) => frameOf(event.sequence, event.type, event.payload)),
    )
  }

  /** Ends the runs of processes that died, and own ones that could not be ended. */
  async #sweep(): Promise<void> {
    const { db, finisher, log } = this.#options
    const orphans = await db.transaction((tx) => takeOver(tx, this.#id, [...this.#live.keys()], batch))
    for (const orphan of orphans) {
      // One that cannot be ended must not keep the others waiting.
      await finisher
        .interrupt(orphan)
        .catch((error: unknown) =>
          log.error({ err: error, runId: orphan.id }, 'a run could not be ended; trying again'),
        )
    }
    if (orphans.length > 0) log.info({ runs: orphans.length }, 'ended runs that nobody wrote any more')
    this.#advance()
  }

  #abortAll(reason: Error): void {
    for (const { run } of this.#live.values()) run.controller.abort(reason)
  }

  async #allDone(): Promise<void> {
    await Promise.all([...this.#live.values()].map(({ done }) => done))
  }
}

function periodically(ms: number, work: () => Promise<void>, log: Log): NodeJS.Timeout {
  let busy = false
  return setInterval(() => {
    if (busy) return
    busy = true
    work()
      .catch((error: unknown) => log.warn({ err: error }, 'upkeep of the engine failed; trying again'))
      .finally(() => (busy = false))
  }, ms)
}
