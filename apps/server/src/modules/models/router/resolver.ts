import { AsyncLocalStorage } from 'node:async_hooks'
import type { Bus } from '#platform/bus'
import type { Route } from './deployment.ts'
import { lookUp, type LookupParts } from './lookup.ts'

export { splitModelId } from './model-id.ts'

export interface Resolver {
  /** At once when it is known. @throws AppError MODEL_NOT_FOUND, MODEL_DISABLED, CONNECTION_DISABLED */
  route(workspaceId: string, model: string): Route | Promise<Route>
}

export const modelsChanged = 'models.changed'

/** A change that no notice told of is seen after this. */
const freshMs = 2000
/** From this age on a route is read again in the background, so that no call of a busy model waits. */
const agingMs = 1000
const mostKept = 10_000

interface Kept {
  readonly route: Route
  readonly at: number
  /** It is being read again. */
  renewing: boolean
}

export interface ResolverParts extends LookupParts {
  readonly bus: Bus
}

/**
 * Finds routes, and keeps them for at most 2 s, so that a call costs no round trip to the database. A change in any
 * process is told over the bus and forgets them at once; a route that is in use is read again before it is too old.
 */
export function createResolver(parts: ResolverParts, scope: AsyncDisposableStack): Resolver {
  const { bus, clock } = parts
  const kept = new Map<string, Kept>()
  /** Leaves the transaction of whoever asks, which ends before what is read in the background is there. */
  const outside = AsyncLocalStorage.snapshot()
  let changes = 0
  const forget = (workspaceId: string): void => {
    changes += 1
    for (const key of kept.keys()) if (key.startsWith(workspaceId)) kept.delete(key)
  }
  scope.defer(bus.subscribe(modelsChanged, (notice) => forget(String(notice['workspaceId']))))
  scope.defer(
    bus.onGap(() => {
      changes += 1
      kept.clear()
    }),
  )

  const read = async (key: string, workspaceId: string, model: string): Promise<Route> => {
    const before = changes
    const route = await lookUp(parts, workspaceId, model)
    if (kept.size >= mostKept) kept.delete(kept.keys().next().value ?? '')
    if (before === changes) kept.set(key, { route, at: clock.monotonicMs(), renewing: false })
    return route
  }

  const renew = (entry: Kept, key: string, workspaceId: string, model: string): void => {
    entry.renewing = true
    outside(() => read(key, workspaceId, model)).catch(() => kept.delete(key))
  }

  return {
    route: (workspaceId, model) => {
      const key = `${workspaceId} ${model}`
      const known = kept.get(key)
      const age = known ? clock.monotonicMs() - known.at : Infinity
      // Callers do not wait for each other's reading: who holds a transaction would wait for one without a connection.
      if (!known || age > freshMs) return read(key, workspaceId, model)
      if (age > agingMs && !known.renewing) renew(known, key, workspaceId, model)
      return known.route
    },
  }
}
