import type { Clock } from '#platform/clock'
import type { Commit, Committer } from './committer.ts'
import { ledgerErrors } from './errors.ts'
import type { Journal } from './journal.ts'
import { headOf, heldLine, settledLine } from './lines.ts'
import type { Incarnation, Registration } from './registration.ts'
import type { BudgetEntry, Slice } from './slices.ts'
import type { Hold, HoldRequest, Outcome } from './types.ts'

/** How long a hold is open before the database is told of it. */
const staleMs = 200
const sweepMs = 100

export interface BookOptions {
  readonly clock: Clock
  readonly registration: Registration
  readonly committer: Committer
  /** Told of calls that say what they are. */
  readonly journal: Journal
  /** Money has become free: somebody may wait for it. */
  readonly onFreed: () => void
  /** A slice runs low. */
  readonly onLow: (entry: BudgetEntry) => void
}

/** A hold and what this process must remember of it. */
interface OpenHold extends Hold {
  readonly head: string
  readonly about: string | undefined
  readonly slices: readonly Slice[]
  readonly incarnation: Incarnation
  readonly openedAtMs: number
}

/** The open holds of this process: pure memory but for a line in the spool. */
export class Book {
  readonly #options: BookOptions
  readonly #open = new Set<OpenHold>()
  /** Those of which the database has not been told, in the order in which they were made. */
  readonly #untold = new Set<OpenHold>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: BookOptions) {
    this.#options = options
  }

  get openHolds(): number {
    return this.#open.size
  }

  /**
   * Holds in the slices of these budgets; undefined when one of them is too small.
   * @throws AppError 507 when the spool cannot take the line; nothing is held then
   */
  take(
    { payer, callId, attempt, about }: HoldRequest,
    covering: readonly BudgetEntry[],
    amount: bigint,
    nowMs: number,
  ): Hold | undefined {
    const slices: Slice[] = []
    for (const { slice } of covering) {
      if (!slice || slice.freeNanoUsd < amount || nowMs >= slice.endsAtMs) return undefined
      slices.push(slice)
    }
    const { clock, registration, journal } = this.#options
    const incarnation = registration.current
    const head = headOf({
      processId: incarnation.id,
      workspaceId: payer.workspaceId,
      callId,
      attempt,
      heldNanoUsd: amount,
      budgetIds: slices.map(({ entry }) => entry.row.id),
      periodStarts: slices.map(({ startsAt }) => startsAt),
      funding: covering.some(({ row }) => row.kind === 'credits') ? 'credits' : 'postpaid',
      createdAt: clock.now().toISOString(),
    })
    this.#spool(incarnation, heldLine(head, about))
    if (about !== undefined) journal.began(payer.workspaceId, callId, about)
    for (const slice of slices) this.#reserve(slice, amount, nowMs)
    return this.#openHold({ head, about, slices, incarnation, nanoUsd: amount, openedAtMs: nowMs })
  }

  /** Lines of what the spool must not forget. */
  *snapshot(): Generator<string> {
    for (const { head } of this.#open) yield heldLine(head)
    yield* this.#options.committer.pending()
  }

  /** Holds that have been open for a while and that the database is told of now. */
  takeStale(): Commit[] {
    const beforeMs = this.#options.clock.monotonicMs() - staleMs
    const stale: Commit[] = []
    for (const hold of this.#untold) {
      if (hold.openedAtMs > beforeMs) break
      this.#untold.delete(hold)
      stale.push(tellOf(hold))
    }
    return stale
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #reserve(slice: Slice, amount: bigint, nowMs: number): void {
    slice.freeNanoUsd -= amount
    slice.heldNanoUsd += amount
    slice.lastUsedMs = nowMs
    if (slice.freeNanoUsd < slice.refillBelowNanoUsd && !slice.entry.isRefilling)
      this.#options.onLow(slice.entry)
  }

  #openHold(given: Omit<OpenHold, 'settle'>): Hold {
    const hold: OpenHold = { ...given, settle: (outcome) => this.#settle(hold, outcome) }
    this.#open.add(hold)
    this.#untold.add(hold)
    this.#timer ??= setTimeout(() => this.#sweep(), sweepMs).unref()
    return hold
  }

  #settle(hold: OpenHold, outcome: Outcome): void {
    if (!this.#open.delete(hold)) return
    this.#untold.delete(hold)
    const { committer, registration } = this.#options
    const charged = this.#charge(hold, outcome.costNanoUsd)
    const line = settledLine(hold.head, charged, outcome)
    committer.add({
      processId: hold.incarnation.id,
      line,
      isShort: outcome.costNanoUsd !== null && outcome.costNanoUsd > charged,
      done: (alive) => {
        for (const slice of hold.slices) slice.uncommittedNanoUsd -= charged
        if (!alive) void registration.lost(hold.incarnation).catch(() => undefined)
      },
    })
    // On a full disk it is lost. It is on its way to the database; should this process die first, the hold stands.
    registration.current.spool.later(line)
  }

  /** What the budgets pay at once. More than was held only as far as the slices reach; the database charges the rest. */
  #charge({ slices, nanoUsd, incarnation }: OpenHold, cost: bigint | null): bigint {
    const isOurs = incarnation === this.#options.registration.current
    let charged = cost ?? nanoUsd
    if (charged > nanoUsd && isOurs) {
      for (const { freeNanoUsd } of slices)
        if (charged - nanoUsd > freeNanoUsd) charged = nanoUsd + freeNanoUsd
    }
    for (const slice of slices) {
      slice.heldNanoUsd -= nanoUsd
      slice.freeNanoUsd += nanoUsd - charged
      slice.uncommittedNanoUsd += charged
    }
    if (charged < nanoUsd) this.#options.onFreed()
    return charged
  }

  #spool({ spool }: Incarnation, line: string): void {
    try {
      spool.append(line)
    } catch (error) {
      throw ledgerErrors.diskFull(error)
    }
  }

  #sweep(): void {
    this.#timer = undefined
    const [oldest] = this.#untold
    if (!oldest) return
    if (oldest.openedAtMs <= this.#options.clock.monotonicMs() - staleMs) this.#options.committer.nudge()
    this.#timer = setTimeout(() => this.#sweep(), sweepMs).unref()
  }
}

const tellOf = (hold: OpenHold): Commit => ({
  processId: hold.incarnation.id,
  line: heldLine(hold.head, hold.about),
  done: () => undefined,
})
