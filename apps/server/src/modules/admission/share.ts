import type { Asked } from './store.ts'
import type { Counted } from './types.ts'

/** Speaks with the database for the shares of a process. It looks at each of them now and then. */
export interface Lender {
  /** Whether what shares hold may be used: the database knows this process. */
  isLive(nowMs: number): boolean
  /** This share cannot wait for the next look. */
  wake(share: Share): void
}

/** What a call waits for. */
interface Ask {
  readonly amount: number
  readonly resolve: (granted: boolean) => void
  readonly reject: (error: unknown) => void
}

const minuteMs = 60_000
const idleMs = 10 * minuteMs
/** A process holds at most this part of a limit beyond what its calls use: below 50 it holds nothing. */
const sliceOfLimit = 0.02
/** How much demand a slice should cover, and how long it is kept. */
const sliceMs = 1000
/** Shorter spans say nothing about demand. */
const leastSpanMs = 100
/** How long a refusal is believed without asking again. */
const refusalMs = { slots: 20, flow: 250 } as const

/** This process's share of one limit: a slice that it holds, and calls that wait for more. */
export class Share {
  readonly counted: Counted
  limit: number
  /** Whether its bucket is known to exist. */
  isStored = false
  /** Nobody looks after it any more: who needs it asks for another. */
  isDropped = false
  readonly #lender: Lender
  /** Granted and not used. */
  #held = 0
  #heldUntilMs = 0
  /** Used without having been granted; negative: to be given back. */
  #owed = 0
  /** Slots of calls under way. */
  #inUse = 0
  #asks: Ask[] = []
  #usedSinceLease = 0
  #leasedAtMs = -Infinity
  /** What the database said was left, and when. */
  #left: number
  #leftAtMs = 0
  #refused = { amount: Infinity, untilMs: 0 }

  constructor(counted: Counted, limit: number, lender: Lender) {
    this.counted = counted
    this.limit = limit
    this.#left = limit
    this.#lender = lender
  }

  get #isSlots(): boolean {
    return this.counted.unit === 'slots'
  }

  get #leakPerMs(): number {
    return this.#isSlots ? 0 : this.limit / minuteMs
  }

  /** Takes from what is held; false when that does not suffice. */
  take(amount: number, nowMs: number): boolean {
    if (amount === 0) return true
    if (this.#held < amount || nowMs > this.#heldUntilMs || !this.#lender.isLive(nowMs)) return false
    this.#held -= amount
    this.#use(amount)
    if (this.#held < this.#slice(nowMs) / 2) this.#lender.wake(this)
    return true
  }

  /** Takes from what all processes share. False when there is not enough. */
  ask(amount: number, nowMs: number): Promise<boolean> {
    if (amount > this.limit || (amount >= this.#refused.amount && nowMs < this.#refused.untilMs)) {
      return Promise.resolve(false)
    }
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    this.#asks.push({ amount, resolve, reject })
    this.#lender.wake(this)
    return promise
  }

  /** Gives back what a call has taken: slots when it ends, anything when it is not made after all. */
  giveBack(amount: number, nowMs: number): void {
    if (this.#isSlots) this.#inUse -= amount
    this.#held += amount
    this.#heldUntilMs = nowMs + sliceMs
    this.#refused.untilMs = 0
    this.#trim()
  }

  /**
   * A call took this much more than was taken for it; negative for less. Of one call no more than twice the limit is
   * owed: that keeps others out for a minute or two, and not for as long as a wrong count would.
   */
  correct(more: number, nowMs: number): void {
    if (more < 0) return this.giveBack(-more, nowMs)
    const debt = Math.min(more, 2 * this.limit)
    this.#owed += debt
    this.#left -= debt
  }

  /** Whether the database has to hear of it. */
  isRestless(nowMs: number): boolean {
    return (
      this.#asks.length > 0 ||
      this.#owed !== 0 ||
      (this.#held > 0 && nowMs > this.#heldUntilMs) ||
      this.#held < this.#slice(nowMs) / 2
    )
  }

  /** Whether nothing would be lost with it. */
  isIdle(nowMs: number): boolean {
    return (
      this.#inUse === 0 &&
      this.#held === 0 &&
      this.#owed === 0 &&
      this.#asks.length === 0 &&
      nowMs - this.#leasedAtMs > idleMs
    )
  }

  /** What to say to the database, and how to go on once it has answered. */
  lease(place: number, nowMs: number): { asked: Asked; answer: ShareAnswer } {
    if (nowMs > this.#heldUntilMs) this.#release(0)
    const asks = this.#asks
    const owed = this.#owed
    const exact = asks.reduce((sum, { amount }) => sum + amount, 0)
    const spare = Math.max(0, Math.floor(this.#slice(nowMs) - this.#held))
    this.#asks = []
    this.#owed = 0
    this.#usedSinceLease = 0
    this.#leasedAtMs = nowMs
    const leakPerSecond = this.#leakPerMs * 1000
    return {
      asked: { ...this.counted, place, capacity: this.limit, leakPerSecond, owed, exact, spare },
      answer: {
        received: (granted, left) => this.#receive(asks, granted, left, nowMs),
        failed: (error) => {
          // What was used is told again: counting it twice is safe, forgetting it is not.
          this.#owed += this.#isSlots ? 0 : Math.max(0, owed)
          for (const { reject } of asks) reject(error)
        },
        retry: () => {
          this.isStored = false
          this.#owed += owed
          this.#asks.unshift(...asks)
        },
      },
    }
  }

  /** Nothing can be had. */
  fail(error: unknown): void {
    for (const { reject } of this.#asks.splice(0)) reject(error)
  }

  /** The database has freed what this process held, or may have: the slots in use are taken anew. */
  forget(): void {
    if (this.#isSlots) this.#owed = this.#inUse
    this.#held = 0
  }

  /** Gives back what is not in use. */
  close(): void {
    this.#release(0)
  }

  /** What callers may still expect, by what is known here. */
  remaining(nowMs: number): number {
    return Math.max(0, Math.floor(this.#available(nowMs)))
  }

  /** How long until so much may be taken. */
  waitMs(amount: number, nowMs: number): number {
    const missing = amount - this.#available(nowMs)
    return this.#isSlots ? sliceMs : Math.max(0, missing / this.#leakPerMs)
  }

  /** Negative when calls have used more than was granted. */
  #available(nowMs: number): number {
    return Math.min(this.limit, this.#left + this.#leakPerMs * (nowMs - this.#leftAtMs) + this.#held)
  }

  #use(amount: number): void {
    this.#usedSinceLease += amount
    if (this.#isSlots) this.#inUse += amount
  }

  /** How much to hold: a second's demand, in whole units. */
  #slice(nowMs: number): number {
    const span = Math.max(leastSpanMs, nowMs - this.#leasedAtMs)
    return Math.floor(Math.min(this.limit * sliceOfLimit, (this.#usedSinceLease / span) * sliceMs))
  }

  #trim(): void {
    const slice = Math.floor(this.limit * sliceOfLimit)
    if (this.#held <= slice) return
    this.#release(slice)
    // Others may wait for a slot; what flows off by itself has time.
    if (this.#isSlots) this.#lender.wake(this)
  }

  /** Hands on what is held beyond `keep`. */
  #release(keep: number): void {
    if (this.#held <= keep) return
    const more = this.#held - keep
    this.#owed -= more
    this.#left += more
    this.#held = keep
  }

  #receive(asks: readonly Ask[], granted: number, left: number, nowMs: number): void {
    this.#left = left
    this.#leftAtMs = nowMs
    this.#held += granted
    this.#heldUntilMs = nowMs + sliceMs
    for (const { amount, resolve } of asks) {
      const fits = this.#held >= amount
      if (fits) {
        this.#held -= amount
        this.#use(amount)
      } else this.#refuse(amount, nowMs)
      resolve(fits)
    }
    this.#trim()
  }

  #refuse(amount: number, nowMs: number): void {
    const least = nowMs < this.#refused.untilMs ? Math.min(amount, this.#refused.amount) : amount
    const believedMs = this.#isSlots ? refusalMs.slots : Math.min(refusalMs.flow, this.waitMs(amount, nowMs))
    this.#refused = { amount: least, untilMs: nowMs + believedMs }
  }
}

/** How a share goes on after a lease. */
export interface ShareAnswer {
  received(granted: number, left: number): void
  failed(error: unknown): void
  /** The bucket was not there. */
  retry(): void
}
