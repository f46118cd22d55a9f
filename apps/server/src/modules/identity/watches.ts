import type { Bus } from '#platform/bus'
import type { Database } from '#platform/db'
import type { Log } from '#platform/log'
import { accessRevoked } from './notices.ts'
import { findEnded, type WatchedAccess } from './views/callers.ts'

/** Ends open streams whose credential or membership is gone. */
export interface Watches {
  add(access: WatchedAccess): { signal: AbortSignal; release: () => void }
}

interface Watch {
  readonly access: WatchedAccess
  readonly ending: AbortController
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
      for (const place of ended) part[place]?.ending.abort()
    }
  }, log)

  scope.defer(bus.subscribe(accessRevoked, recheck))
  scope.defer(bus.onGap(recheck))
  const timer = setInterval(recheck, recheckMs)
  scope.defer(() => clearInterval(timer))

  return {
    add: (access) => {
      const watch = { access, ending: new AbortController() }
      watches.add(watch)
      const release = () => void watches.delete(watch)
      watch.ending.signal.addEventListener('abort', release, { once: true })
      return { signal: watch.ending.signal, release }
    },
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
