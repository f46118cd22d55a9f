import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import type { Log } from '#platform/log'
import type { Book } from './book.ts'
import type { Coverage } from './coverage.ts'
import { ledgerErrors } from './errors.ts'
import type { Registration } from './registration.ts'
import { type BudgetEntry, isRetired, isSettled, type Slice, type Slices } from './slices.ts'
import { type Gift, giveBack, lease, type Want } from './store.ts'
import type { Hold, HoldRequest } from './types.ts'

/** Processes ask one another for what they do not use. */
export const wantedTopic = 'ledger.wanted'
export const returnedTopic = 'ledger.returned'

/** A call that waits for money. */
interface Waiter {
  readonly request: HoldRequest
  readonly amount: bigint
  readonly floor: bigint
  covering: readonly BudgetEntry[]
  /** The database was asked for it. */
  isAsked: boolean
  /** Until when it waits for others; from the first answer. */
  deadlineMs: number | undefined
  readonly resolve: (hold: Hold) => void
  readonly reject: (error: unknown) => void
}

export interface LeaserOptions {
  readonly jobDb: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  readonly registration: Registration
  readonly coverage: Coverage
  readonly slices: Slices
  readonly book: () => Book
  /** Decides about periods in a test; the database's time otherwise. */
  readonly now: (() => Date) | undefined
}

/** How long a call waits for money that others have leased or hold. */
const waitMs = 400
/** How often it looks meanwhile, unless somebody says that there is some. */
const pollMs = 40
/** How long a budget counts as wanted by others. */
const tightMs = 2000
/** How long a refusal holds for further calls. */
const exhaustedMs = 1000
/** After which an unused slice is given back. */
const idleMs = 3000

/**
 * Gets slices of budgets and gives them back, one transaction after the other: each covers all budgets that wait at its
 * time, so that many waiting calls cost one round trip.
 */
export class Leaser {
  readonly #options: LeaserOptions
  #waiters: Waiter[] = []
  readonly #refills = new Set<BudgetEntry>()
  readonly #gifts = new Set<Slice>()
  #running: Promise<void> | undefined
  #wake: (() => void) | undefined
  #isStopped = false

  constructor(options: LeaserOptions) {
    this.#options = options
  }

  /** Holds as soon as the slices allow it. Rejects as `Ledger.hold` says. */
  wait(request: HoldRequest, covering: readonly BudgetEntry[], amount: bigint, floor: bigint): Promise<Hold> {
    return new Promise((resolve, reject) => {
      if (this.#isStopped) return reject(ledgerErrors.stopping())
      const waiter = { request, covering, amount, floor, isAsked: false, deadlineMs: undefined }
      this.#waiters.push({ ...waiter, resolve, reject })
      this.#run()
    })
  }

  /** Leases more of a budget before its slice is used up. */
  refill(entry: BudgetEntry): void {
    entry.isRefilling = true
    this.#refills.add(entry)
    this.#run()
  }

  /** Gives all that is free of a budget back; more is leased only for calls that wait. */
  returnAll(budgetId: string): void {
    const entry = this.#options.coverage.entry(budgetId)
    if (!entry) return
    entry.tightUntilMs = this.#nowMs() + tightMs
    for (const slice of this.#options.slices.values()) {
      if (slice.entry === entry && slice.freeNanoUsd > 0n) this.#gifts.add(slice)
    }
    if (this.#gifts.size > 0) this.#run()
  }

  /** The same for all budgets. */
  returnEverything(): void {
    for (const { entry } of this.#options.slices.values()) this.returnAll(entry.row.id)
  }

  /** Money may have become free. */
  poke(): void {
    this.#wake?.()
  }

  /** Gives back what nobody uses; asks again where an answer was lost. */
  tidy(): void {
    const nowMs = this.#nowMs()
    for (const slice of this.#options.slices.values()) {
      const isUnused = isRetired(slice, nowMs) || nowMs - slice.lastUsedMs > idleMs
      const isOver = isRetired(slice, nowMs) && isSettled(slice)
      if (slice.isUncertain || isOver || (isUnused && slice.freeNanoUsd > 0n)) this.#gifts.add(slice)
    }
    if (this.#gifts.size > 0) this.#run()
  }

  /** Refuses those that wait, and gives everything back. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const { reject } of this.#waiters.splice(0)) reject(ledgerErrors.stopping())
    this.poke()
    await this.#running
  }

  #run(): void {
    this.#wake?.()
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined
      if (this.#waiters.length + this.#refills.size + this.#gifts.size > 0 && !this.#isStopped) this.#run()
    })
  }

  async #work(): Promise<void> {
    while (!this.#isStopped && this.#waiters.length + this.#refills.size + this.#gifts.size > 0) {
      try {
        await this.#giveBack()
        if (!this.#options.registration.isValid(this.#nowMs())) await this.#options.registration.renew()
        await this.#cover()
        this.#serve('memory')
        // Otherwise something has changed meanwhile, and it begins anew.
        if (await this.#lease()) this.#serve('final')
        else for (const waiter of this.#waiters) waiter.isAsked = false
      } catch (error) {
        this.#options.log.warn({ err: error }, 'budgets could not be leased')
        for (const { reject } of this.#waiters.splice(0)) reject(error)
      }
      const isWaiting = this.#waiters.length > 0 && this.#waiters.every(({ isAsked }) => isAsked)
      if (isWaiting && this.#gifts.size === 0) await this.#pause()
    }
  }

  /** The budgets of those that wait may have changed meanwhile. */
  async #cover(): Promise<void> {
    const { coverage } = this.#options
    for (const waiter of this.#waiters) {
      const { payer } = waiter.request
      waiter.covering = coverage.find(payer) ?? (await coverage.load(payer))
    }
  }

  /** False when not all that was asked for was answered. */
  async #lease(): Promise<boolean> {
    const { jobDb, registration, coverage, slices, now } = this.#options
    const wants = this.#wants()
    if (wants.size === 0) return true
    const incarnation = registration.current
    const found = await jobDb
      .transaction((tx) => lease(tx, incarnation.id, [...wants.values()], now?.() ?? null))
      .finally(() => {
        for (const entry of wants.keys()) entry.isRefilling = false
      })
    if (incarnation !== registration.current) return false
    const nowMs = this.#nowMs()
    for (const row of found) {
      const entry = coverage.entry(row.budgetId)
      if (!entry) continue
      slices.granted(
        entry,
        {
          startsAt: row.startsAt.toISOString(),
          endsAt: row.endsAt.toISOString(),
          endsInMs: row.endsInMs,
          grantedNanoUsd: BigInt(row.granted),
          unspentNanoUsd: BigInt(row.unspent),
        },
        nowMs,
      )
    }
    if (found.length < wants.size) await this.#missing([...wants.keys()], found.length === 0)
    return found.length === wants.size
  }

  /** What is missing for those that wait, and what is to be leased ahead. */
  #wants(): Map<BudgetEntry, Want> {
    const nowMs = this.#nowMs()
    const wants = new Map<BudgetEntry, { least: bigint; need: bigint }>()
    for (const entry of this.#refills) wants.set(entry, { least: 0n, need: 0n })
    this.#refills.clear()
    for (const waiter of this.#waiters) {
      const { covering, amount, floor } = waiter
      waiter.isAsked = true
      for (const entry of covering) {
        const before = wants.get(entry)
        const least = before && before.least > 0n && before.least < floor ? before.least : floor
        wants.set(entry, { least, need: (before?.need ?? 0n) + amount })
      }
    }
    return new Map(
      [...wants].map(([entry, { least, need }]) => {
        const free = entry.slice && !isRetired(entry.slice, nowMs) ? entry.slice.freeNanoUsd : 0n
        return [
          entry,
          {
            workspaceId: entry.row.workspaceId,
            budgetId: entry.row.id,
            leastNanoUsd: least > free ? least - free : 0n,
            needNanoUsd: need > free ? need - free : 0n,
            tight: entry.tightUntilMs > nowMs,
          },
        ]
      }),
    )
  }

  /** Budgets that the database leaves out are gone; without any answer this process may be. */
  async #missing(entries: readonly BudgetEntry[], all: boolean): Promise<void> {
    const { coverage, registration } = this.#options
    for (const { row } of entries) coverage.forget(row.workspaceId)
    if (all) await registration.renew()
  }

  /** Lets those hold for whom there is enough, and refuses those for whom there will not be. */
  #serve(stage: 'memory' | 'final'): void {
    const nowMs = this.#nowMs()
    if (!this.#options.registration.isValid(nowMs)) return
    const left: Waiter[] = []
    for (const waiter of this.#waiters) {
      try {
        const hold = this.#take(waiter, nowMs, stage)
        if (hold) waiter.resolve(hold)
        else left.push(waiter)
      } catch (error) {
        waiter.reject(error)
      }
    }
    this.#waiters = left
  }

  /** @throws AppError 402 when the budgets have less than the call needs */
  #take(waiter: Waiter, nowMs: number, stage: 'memory' | 'final'): Hold | undefined {
    const { request, covering, amount, floor } = waiter
    const book = this.#options.book()
    const hold = book.take(request, covering, amount, nowMs)
    if (hold || stage === 'memory' || !waiter.isAsked) return hold
    const deadlineMs = (waiter.deadlineMs ??= nowMs + waitMs)
    const lacking = covering.filter(({ slice }) => !slice || slice.freeNanoUsd < amount)
    for (const entry of lacking) {
      if (entry.unspentNanoUsd >= floor) continue
      entry.exhausted = { leftNanoUsd: entry.unspentNanoUsd, untilMs: nowMs + exhaustedMs }
      throw refusal(entry)
    }
    // What others have leased or hold may become free.
    if (nowMs < deadlineMs && lacking.every(({ unspentNanoUsd }) => unspentNanoUsd >= amount)) {
      for (const { row } of lacking) this.#ask(row.workspaceId, row.id)
      return undefined
    }
    const most = lacking.reduce((least, { slice }) => {
      const free = slice?.freeNanoUsd ?? 0n
      return free < least ? free : least
    }, amount)
    const smaller = most >= floor && most > 0n ? book.take(request, covering, most, nowMs) : undefined
    if (smaller) return smaller
    const [first] = lacking
    if (nowMs < deadlineMs || !first) return undefined
    throw refusal(first, 1)
  }

  #ask(workspaceId: string, budgetId: string): void {
    const { bus } = this.#options
    bus.announce(wantedTopic, { workspaceId, budgetId, from: bus.processId })
  }

  async #giveBack(): Promise<void> {
    const gifts = [...this.#gifts]
    this.#gifts.clear()
    if (gifts.length === 0) return
    const { jobDb, bus, registration, slices, log } = this.#options
    const nowMs = this.#nowMs()
    const incarnation = registration.current
    const sent = gifts.map((slice) => giftOf(slice, nowMs))
    try {
      const kept = await jobDb.transaction((tx) => giveBack(tx, incarnation.id, sent))
      if (incarnation !== registration.current) return
      for (const slice of gifts) {
        const row = kept.find(
          ({ budgetId, startsAt }) =>
            budgetId === slice.entry.row.id && startsAt.toISOString() === slice.startsAt,
        )
        if (row) slices.kept(slice, BigInt(row.granted))
        else slices.forget(slice)
        bus.announce(returnedTopic, { budgetId: slice.entry.row.id, from: bus.processId })
      }
    } catch (error) {
      // Whether it arrived shows with the next answer.
      for (const slice of gifts) slice.isUncertain = true
      log.warn({ err: error }, 'slices of budgets could not be given back yet')
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), pollMs)
      this.#wake = () => {
        this.#wake = undefined
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs()
  }
}

/** All that is free leaves the slice at once, so that nobody spends it meanwhile. */
function giftOf(slice: Slice, nowMs: number): Gift {
  const { row } = slice.entry
  slice.grantedNanoUsd -= slice.freeNanoUsd
  slice.freeNanoUsd = 0n
  return {
    workspaceId: row.workspaceId,
    budgetId: row.id,
    startsAt: slice.startsAt,
    grantedNanoUsd: slice.grantedNanoUsd,
    done: isRetired(slice, nowMs) && isSettled(slice),
  }
}

/** The error for a budget with nothing left. */
export function refusal({ row, slice }: BudgetEntry, retryAfterSeconds?: number) {
  const resetsAt = row.period === 'total' ? null : (slice?.endsAt ?? null)
  const untilReset = resetsAt === null ? undefined : Math.ceil((Date.parse(resetsAt) - Date.now()) / 1000)
  return ledgerErrors.exhausted(
    {
      budgetId: row.id,
      scope: row.kind === 'credits' ? 'credits' : row.scope,
      limitNanoUsd: row.limitNanoUsd,
      resetsAt,
    },
    retryAfterSeconds ?? (untilReset === undefined ? undefined : Math.max(1, untilReset)),
  )
}
