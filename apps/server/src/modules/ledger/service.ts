import { join } from 'node:path'
import type { BookVerification } from '@atrium/contract'
import type { Identity } from '#modules/identity'
import type { Log } from '#platform/log'
import type { Platform } from '#platform/platform'
import { Alerts } from './alerts.ts'
import { Book } from './book.ts'
import { Budgets } from './budgets.ts'
import { Committer } from './committer.ts'
import { Coverage } from './coverage.ts'
import { WorkspaceCredits } from './credits.ts'
import { Leaser } from './leaser.ts'
import { createHold } from './hold.ts'
import { Journal } from './journal.ts'
import { watchPeers } from './peers.ts'
import { Recovery } from './recovery.ts'
import { Registration } from './registration.ts'
import { Slices } from './slices.ts'
import { correctCosts } from './store.ts'
import type { Ledger } from './types.ts'
import { verifyBook } from './verify.ts'
import { readCoverage } from './views.ts'

/** What the module's own routes use. */
export interface Services {
  readonly budgets: Budgets
  readonly credits: WorkspaceCredits
  readonly alerts: Alerts
  readonly verify: (workspaceId: string) => Promise<BookVerification>
}

export type LedgerService = Ledger & { readonly own: Services }

/** What a test may set. */
export interface LedgerSettings {
  readonly leaseMs?: number
  readonly graceMs?: number
  readonly renewMs?: number
  /** Decides about periods; the database's time unless given. */
  readonly now?: () => Date
}

export type LedgerParts = Pick<Platform, 'config' | 'log' | 'clock' | 'db' | 'jobDb' | 'bus' | 'events'> & {
  readonly identity: Pick<Identity, 'audit' | 'named' | 'tellOwners'>
}

const stopMs = 4000
const orphansUnread = 'spools of processes that are gone could not be read; the next start tries again'

/** Builds the ledger of this process and registers it with the others; books what it left behind the last time. */
export async function createLedger(
  parts: LedgerParts,
  scope: AsyncDisposableStack,
  settings: LedgerSettings = {},
): Promise<LedgerService> {
  const { log, bus } = parts
  const engine = createEngine(parts, settings)
  const { registration, coverage, leaser, recovery, journal } = engine
  await registration.renew()
  scope.defer(() => stop(engine, log))
  await recovery.readOrphans()
  let reading: Promise<void> | undefined
  scope.defer(() => reading)
  const renewMs = settings.renewMs ?? 1000
  scope.use(watchPeers({ bus, log, registration, coverage, leaser, recovery, renewMs }))
  return {
    hold: createHold({ ...engine, clock: parts.clock }),
    correct: async (tx, workspaceId, corrections) => {
      if (corrections.length > 0) await correctCosts(tx, workspaceId, corrections)
    },
    record: (call) => journal.record(call),
    bequeathTo: (heir) => {
      journal.bequeathTo(heir)
      reading = recovery.readOrphans().catch((error: unknown) => log.warn({ err: error }, orphansUnread))
    },
    own: {
      budgets: new Budgets(parts),
      credits: new WorkspaceCredits(parts),
      alerts: new Alerts(parts),
      verify: (workspaceId) => verifyBook(parts.db, workspaceId),
    },
  }
}

interface Engine {
  readonly registration: Registration
  readonly coverage: Coverage
  readonly committer: Committer
  readonly leaser: Leaser
  readonly book: Book
  readonly recovery: Recovery
  readonly journal: Journal
}

/** The parts that hold and settle, which know of one another. */
function createEngine(
  parts: LedgerParts,
  { leaseMs = 10_000, graceMs = 20_000, now }: LedgerSettings,
): Engine {
  const { config, log, clock, jobDb, bus } = parts
  const root = join(config.dataDir, 'spool', 'ledger')
  const coverage = new Coverage((workspaceId) => jobDb.transaction((tx) => readCoverage(tx, workspaceId)))
  const slices = new Slices()
  const registration: Registration = new Registration({
    jobDb,
    clock,
    log,
    root,
    leaseMs,
    snapshot: function* () {
      yield* book.snapshot()
      yield* journal.snapshot()
    },
    onLost: () => slices.clear(),
  })
  const journal: Journal = new Journal(registration)
  const committer: Committer = new Committer({ jobDb, log, staleHolds: () => book.takeStale() })
  const leaser: Leaser = new Leaser({
    jobDb,
    bus,
    clock,
    log,
    registration,
    coverage,
    slices,
    book: () => book,
    now,
  })
  const book: Book = new Book({
    clock,
    registration,
    committer,
    journal,
    onFreed: () => leaser.poke(),
    onLow: (entry) => leaser.refill(entry),
  })
  const recovery = new Recovery({ jobDb, log, root, graceMs, journal })
  return { registration, coverage, committer, leaser, book, recovery, journal }
}

/** Commits what is settled and frees the leases. What is still open is left to expire, and with it records that are not stored. */
async function stop({ leaser, committer, book, journal, registration }: Engine, log: Log): Promise<void> {
  await leaser.stop()
  const isSettled = await committer.stop(stopMs)
  book.stop()
  await registration
    .end(isSettled && book.openHolds === 0 && journal.isStored)
    .catch((error: unknown) => log.warn({ err: error }, 'the lease of the ledger is left to expire'))
}
