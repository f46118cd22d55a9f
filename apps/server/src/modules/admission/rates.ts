import { type RateLimits, unlimited } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import { readSettings } from './store.ts'

/** The limits of a workspace and of the people in it, for the hot path. */
export interface Rates {
  /** As of four seconds ago at most, usually at once. The same object as long as nothing has changed. */
  of(workspaceId: string): RateLimits | Promise<RateLimits>
}

export interface RatesParts {
  /** With the rights of background work: its connections never wait for whoever asks in a transaction. */
  readonly jobDb: Database
  readonly bus: Bus
  readonly clock: Clock
}

/** Where nothing was set. */
export const noRates: RateLimits = { workspace: unlimited, person: unlimited }

/** Topic of the bus: the limits of a workspace are not what they were. */
export const ratesChanged = 'admission.rates-changed'

/** Read again in the background after this long, and before use after twice as long. */
const freshMs = 2000
const maxCached = 10_000

interface Known {
  readonly limits: RateLimits
  readonly readAtMs: number
}

export function createRates({ jobDb, bus, clock }: RatesParts, scope: AsyncDisposableStack): Rates {
  const known = new Map<string, Known>()
  const reading = new Map<string, Promise<RateLimits>>()
  let notices = 0
  const forget = (): void => {
    notices += 1
    known.clear()
    reading.clear()
  }
  scope.defer(bus.subscribe(ratesChanged, forget))
  scope.defer(bus.onGap(forget))

  const read = async (workspaceId: string): Promise<RateLimits> => {
    const readAtMs = clock.monotonicMs()
    const noticesBefore = notices
    const limits = await jobDb.readOnly((tx) => readSettings(tx, workspaceId))
    const fresh = limits ?? noRates
    // What was read before a notice is not remembered after it.
    if (notices !== noticesBefore) return fresh
    reading.delete(workspaceId)
    if (known.size >= maxCached) known.clear()
    const before = known.get(workspaceId)?.limits
    const same = before && JSON.stringify(before) === JSON.stringify(fresh) ? before : fresh
    known.set(workspaceId, { limits: same, readAtMs })
    return same
  }

  const refresh = (workspaceId: string): Promise<RateLimits> => {
    const underWay = reading.get(workspaceId)
    if (underWay) return underWay
    const fresh = read(workspaceId)
    fresh.catch(() => reading.delete(workspaceId))
    reading.set(workspaceId, fresh)
    return fresh
  }

  return {
    of: (workspaceId) => {
      const entry = known.get(workspaceId)
      if (!entry) return refresh(workspaceId)
      const ageMs = clock.monotonicMs() - entry.readAtMs
      if (ageMs > 2 * freshMs) return refresh(workspaceId)
      // A failure shows when the entry is too old to be used.
      if (ageMs > freshMs) refresh(workspaceId).catch(() => undefined)
      return entry.limits
    },
  }
}
