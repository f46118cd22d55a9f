import type { Signal } from '@atrium/wire/otlp'
import type { Database } from '#platform/db'
import { openDay } from './days-store.ts'

/** Makes the partitions of days before rows need them, and remembers which are there. */
export class Days {
  readonly #db: Database
  readonly #signal: Signal
  readonly #open = new Set<string>()

  constructor(db: Database, signal: Signal) {
    this.#db = db
    this.#signal = signal
  }

  /**
   * Does work that stores rows of these days. When it fails, which days are there is asked anew the next time: one of
   * them may have been dropped.
   * @param days in UTC, `YYYY-MM-DD`
   */
  async store<T>(days: Iterable<string>, work: () => Promise<T>): Promise<T> {
    const missing = new Set(days).difference(this.#open)
    for (const day of [...missing].toSorted()) {
      await this.#db.transaction((tx) => openDay(tx, this.#signal, day))
      this.#open.add(day)
    }
    try {
      return await work()
    } catch (error) {
      this.#open.clear()
      throw error
    }
  }
}
