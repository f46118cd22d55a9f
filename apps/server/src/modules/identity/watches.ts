import type { Bus } from '#platform/bus'
import type { Database } from '#platform/db'
import type { AccessWatch } from '#platform/http'
import type { Log } from '#platform/log'
import { accessRevoked } from './notices.ts'
import { findEnded, type WatchedAccess } from './views/callers.ts'

/** Ends open streams whose credential or membership is gone. */
export interface Watches {
  add(access: WatchedAccess): AccessWatch
}

/** Every call has one, and hardly any comes to be used: it is nothing but its fields until then. */
class Watch implements AccessWatch {
  readonly access: WatchedAccess
  readonly #all: Set<Watch>
  #controller: AbortController | undefined
  #action: (() => void) | undefined

  constructor(access: WatchedAccess, all: Set<Watch>) {
    this.access = access
    this.#all = all
    all.add(this)
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  onEnd(action: () => void): void {
    this.#action = action
  }

  release(): void {
    this.#all.delete(this)
  }

  end(): void {
    this.release()
    this.#controller?.abort()
    this.#action?.()
  }
}

const recheckMs = 4000
const batch = 2000

/** Looks at all watches after each revocation, after a gap in the notices, and every four seconds. */
export function createWatches(
  { jobDb, bus, log }: { jobDb: Database; bus: Bus; log: Log },
  scope: AsyncDisposableStack,
): Watches {
  const watches = new Set<Watch>()

  const recheck = once(async () => {
    const all = [...watches]
    for (let start = 0; start < all.length; start += batch) {
      const part = all.slice(start, start + batch)
      const ended = await jobDb.transaction((tx) =>
        findEnded(
          tx,
          part.map(({ access }) => access),
        ),
      )
      for (const place of ended) part[place]?.end()
    }
  }, log)

  scope.defer(bus.subscribe(accessRevoked, recheck))
  scope.defer(bus.onGap(recheck))
  const timer = setInterval(recheck, recheckMs)
  scope.defer(() => clearInterval(timer))

  return {
    add: (access) => new Watch(access, watches),
  }
}

/** Runs `work` alone; calls that come meanwhile lead to one more run. */
function once(work: () => Promise<void>, log: Log): () => void {
  let running = false
  let again = false
  const run = async (): Promise<void> => {
    do {
      again = false
      await work()
    } while (again)
  }
  return () => {
    again = true
    if (running) return
    running = true
    run()
      .catch((error: unknown) => log.warn({ err: error }, 'access could not be checked; trying again'))
      .finally(() => (running = false))
  }
}
