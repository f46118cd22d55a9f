/** Something that moves forward with time. */
export interface Ticked {
  /** Does what is due at `nowMs` (monotonic). Gives false once there is nothing left to wait for. */
  advance(nowMs: number): boolean
}

/** One timer for all streams: a thousand of them cost one wake-up per tick, not one each. */
export class Ticker {
  readonly #live = new Set<Ticked>()
  readonly #tickMs: number
  #timer: NodeJS.Timeout | undefined

  constructor(tickMs: number) {
    this.#tickMs = tickMs
  }

  /** Advances `ticked` at once, and then with every tick until it is over or removed. */
  add(ticked: Ticked): void {
    if (!ticked.advance(performance.now())) return
    this.#live.add(ticked)
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs)
  }

  remove(ticked: Ticked): void {
    this.#live.delete(ticked)
    if (this.#live.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    const now = performance.now()
    for (const ticked of this.#live) {
      if (!ticked.advance(now)) this.remove(ticked)
    }
  }
}
