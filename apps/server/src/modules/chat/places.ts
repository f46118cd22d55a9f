import type { AppError } from '#platform/errors'

export interface PlacesOptions {
  /** How many may be under way at once for one key. */
  readonly most: number
  /** How many may wait for their turn. */
  readonly mostWaiting: number
  readonly waitMs: number
  readonly refusal: () => AppError
}

interface Queue {
  taken: number
  readonly waiting: Set<() => void>
}

/** Lets a few things be done at a time in this process; others wait for their turn, first come first served. */
export function createPlaces({ most, mostWaiting, waitMs, refusal }: PlacesOptions) {
  const queues = new Map<string, Queue>()

  const turnIn = ({ waiting }: Queue): Promise<void> =>
    new Promise((resolve, reject) => {
      if (waiting.size >= mostWaiting) return reject(refusal())
      const go = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.delete(go)
        reject(refusal())
      }, waitMs)
      waiting.add(go)
    })

  const leave = (key: string, queue: Queue): void => {
    const [next] = queue.waiting
    if (next) {
      // The place is handed on.
      queue.waiting.delete(next)
      return next()
    }
    if (--queue.taken === 0) queues.delete(key)
  }

  return {
    /** @throws the refusal when no place becomes free in time */
    async take(key: string): Promise<Disposable> {
      const queue = queues.get(key) ?? { taken: 0, waiting: new Set() }
      queues.set(key, queue)
      if (queue.taken < most) queue.taken++
      else await turnIn(queue)
      return { [Symbol.dispose]: () => leave(key, queue) }
    },
  }
}
