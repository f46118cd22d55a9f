import type { Stop } from '#platform/egress'
import type { DrainBounds } from './drain.ts'
import { TimedOut } from './network-errors.ts'
import type { TimeoutKind } from './faults.ts'

/** Limits of one attempt in milliseconds; connecting has its own, in the egress (10 s). */
export interface Timeouts {
  /** From sending the request to the first content. */
  readonly firstTokenMs: number
  /** Between bytes once content has begun. */
  readonly idleMs: number
  readonly totalMs: number
  /** From sending the request to a whole reply, for one that is not streamed. */
  readonly wholeMs: number
}

export const defaultTimeouts: Timeouts = {
  firstTokenMs: 120_000,
  idleMs: 60_000,
  totalMs: 30 * 60_000,
  wholeMs: 10 * 60_000,
}

/** What comes after the last event of a stream is awaited no longer. */
const endingMs = 1000

/** Aborts an attempt when one of its clocks runs out. One timer per attempt, however many bytes come. */
export class Watchdog implements Disposable {
  readonly #stop: Stop
  readonly #timeouts: Timeouts
  readonly #begun = performance.now()
  #lastByte = this.#begun
  #answering = false
  #idleMs: number
  #timer: NodeJS.Timeout | undefined
  #drain: { left: number; readonly reason: Error } | undefined

  constructor(stop: Stop, timeouts: Timeouts) {
    this.#stop = stop
    this.#timeouts = timeouts
    this.#idleMs = timeouts.idleMs
    this.#arm()
  }

  /** So many bytes have come. */
  bytes(count: number): void {
    this.#lastByte = performance.now()
    if (this.#drain && (this.#drain.left -= count) < 0) this.#stop.abort(this.#drain.reason)
  }

  get isDraining(): boolean {
    return this.#drain !== undefined
  }

  /** Nobody needs the rest but for its end: ends the attempt for this reason when that does not come soon. */
  drain({ ms, bytes }: DrainBounds, reason: Error): void {
    this.#drain = { left: bytes, reason }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#stop.abort(reason), ms)
  }

  /** The first content has come: from now on silence is measured between bytes. */
  answering(): void {
    if (this.#answering || this.#drain) return
    this.#answering = true
    this.#lastByte = performance.now()
    clearTimeout(this.#timer)
    this.#arm()
  }

  /** The last event has come; only the end of the body is missing. */
  ending(): void {
    if (this.#idleMs <= endingMs || this.#drain) return
    this.#idleMs = endingMs
    clearTimeout(this.#timer)
    this.#arm()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #arm(): void {
    const { kind, at } = this.#nextDeadline()
    const wait = at - performance.now()
    if (wait <= 0) this.#stop.abort(new TimedOut(kind))
    else this.#timer = setTimeout(() => this.#arm(), Math.ceil(wait))
  }

  #nextDeadline(): { kind: TimeoutKind; at: number } {
    const { firstTokenMs, totalMs } = this.#timeouts
    const total = { kind: 'total' as const, at: this.#begun + totalMs }
    const silence = this.#answering
      ? { kind: 'idle' as const, at: this.#lastByte + this.#idleMs }
      : { kind: 'first-token' as const, at: this.#begun + firstTokenMs }
    return silence.at < total.at ? silence : total
  }
}
