import { randomUUID } from 'node:crypto'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import type { Log } from '#platform/log'
import type { Finisher } from './finish.ts'
import type { Generator } from './generation.ts'
import { frameOf, type LiveRun, type RunLog } from './run-log.ts'
import type { RunRow } from './rows.ts'
import { claimQueued, dropEngine, renewLease, takeOver } from './store.ts'
import { readEvents } from './views.ts'

/** Runs generations in this process, and takes over those of processes that died. */
export interface Engine extends AsyncDisposable {
  /** Under which runs are stored that this process is to generate. */
  readonly id: string
  /** Generates a run whose row and first event have just been committed under this engine. */
  start(run: RunRow, firstFrame: string): void
  /** Aborts the provider's stream of a run that is generated here. False when it is not. */
  stop(runId: string): boolean
  /** Looks for queued runs whose turn has come. */
  advance(): void
}

export interface EngineOptions {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  readonly runLog: (options: { engineId: string; onLeaseLost: () => void; hasPeers: () => boolean }) => RunLog
  readonly generator: (log: RunLog) => Generator
  readonly finisher: (log: RunLog) => Finisher
}

const leaseSeconds = 5
const renewMs = 1500
const sweepMs = 1000
const batch = 50
/** How long a clean stop waits for answers that are nearly done. */
const drainMs = 4000

/** Reason with which a person's Stop aborts a run. */
export const stoppedByPerson = new Error('stopped by a person')
/** Reason with which a process that ends aborts its runs. */
export const serverStopping = new Error('the server is stopping')
const leaseLost = new Error('another process has taken this run over')

export interface EngineHandle extends Engine {
  readonly runLog: RunLog
}

/** Registers this process as an engine and keeps its lease until disposed. */
export async function openEngine(options: EngineOptions): Promise<EngineHandle> {
  const { db, log } = options
  const id = randomUUID()
  const live = new Map<string, { run: LiveRun; done: Promise<void> }>()
  let engines = 1
  let stopping = false

  const abandon = (): void => {
    log.error('this process lost its lease; its runs go on elsewhere')
    for (const { run } of live.values()) run.controller.abort(leaseLost)
  }
  const runLog = options.runLog({ engineId: id, onLeaseLost: abandon, hasPeers: () => engines > 1 })
  const generator = options.generator(runLog)
  const finisher = options.finisher(runLog)

  const renew = async (isNew: boolean): Promise<void> => {
    const lease = await db.transaction((tx) => renewLease(tx, id, leaseSeconds, isNew))
    engines = lease.engines
    if (lease.held) return
    abandon()
    await db.transaction((tx) => renewLease(tx, id, leaseSeconds, true))
  }

  const generate = (row: RunRow, frames: readonly string[]): void => {
    const run = runLog.open(row, frames)
    const done = generator
      .generate(row, run, id)
      .catch((error: unknown) =>
        log.error({ err: error, runId: row.id }, 'a run could not be ended; it will be taken over'),
      )
      .finally(() => {
        live.delete(row.id)
        advance()
      })
    live.set(row.id, { run, done })
  }

  const resume = async (row: RunRow): Promise<void> => {
    const events = await db.transaction((tx) => readEvents(tx, row.workspace_id, row.id, 0, 10))
    generate(
      row,
      events.map((event) => frameOf(event.sequence, event.type, event.payload)),
    )
  }

  const advance = (): void => {
    if (stopping) return
    void db
      .transaction((tx) => claimQueued(tx, id, batch))
      .then((rows) => Promise.all(rows.map(resume)))
      .catch((error: unknown) => log.warn({ err: error }, 'queued runs could not be started; trying again'))
  }

  const sweep = async (): Promise<void> => {
    const orphans = await db.transaction((tx) => takeOver(tx, batch))
    for (const orphan of orphans) await finisher.interrupt(orphan)
    if (orphans.length > 0) log.info({ runs: orphans.length }, 'took over runs of a process that ended')
    advance()
  }

  await renew(true)
  const timers = [periodically(renewMs, () => renew(false), log), periodically(sweepMs, sweep, log)]

  return {
    id,
    runLog,
    start: (row, firstFrame) => generate(row, [firstFrame]),
    stop: (runId) => {
      const found = live.get(runId)
      found?.run.controller.abort(stoppedByPerson)
      return found !== undefined
    },
    advance,
    [Symbol.asyncDispose]: async () => {
      stopping = true
      await Promise.race([allDone(live), new Promise((resolve) => setTimeout(resolve, drainMs).unref())])
      for (const { run } of live.values()) run.controller.abort(serverStopping)
      await allDone(live)
      for (const timer of timers) clearInterval(timer)
      await db.transaction((tx) => dropEngine(tx, id)).catch(() => undefined)
    },
  }
}

async function allDone(live: ReadonlyMap<string, { done: Promise<void> }>): Promise<void> {
  await Promise.all([...live.values()].map(({ done }) => done))
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
