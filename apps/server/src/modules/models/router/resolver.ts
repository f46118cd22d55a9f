import type { Model } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Secret } from '#platform/config'
import type { Database } from '#platform/db'
import { priceOf, freeOfCharge } from '../catalogue/prices.ts'
import { guideModel, guideId } from '../catalogue/guide-model.ts'
import { factsOfKind } from '../connections/kinds.ts'
import type { Vault } from '../connections/vault.ts'
import { modelErrors } from '../errors.ts'
import type { ResolvedModel } from '../types.ts'
import { readModel, type ModelRow } from '../views.ts'
import type { Deployment } from './deployment.ts'

/** A model and the places where it can be called. One today; a policy over several has its place here. */
export interface Route {
  readonly model: ResolvedModel
  readonly deployments: readonly Deployment[]
}

export interface Resolver {
  /** @throws AppError MODEL_NOT_FOUND, MODEL_DISABLED, CONNECTION_DISABLED */
  route(workspaceId: string, model: string): Promise<Route>
}

export const modelsChanged = 'models.changed'

const freshMs = 5000
const mostKept = 10_000

interface Kept {
  readonly route: Route
  readonly until: number
}

export interface ResolverParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly vault: Vault
  /** Makes sure that what the environment provides is there. */
  readonly ready: (workspaceId: string) => Promise<void>
}

/**
 * Finds routes, and keeps them for at most 5 s, so that a call costs no round trip to the database. A change in any
 * process is told over the bus and forgets them at once.
 */
export function createResolver(
  { db, bus, clock, vault, ready }: ResolverParts,
  scope: AsyncDisposableStack,
): Resolver {
  const kept = new Map<string, Kept>()
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

  const look = async (workspaceId: string, model: string): Promise<Route> => {
    if (model === guideId) return guideRoute
    const { slug, upstreamId } = splitModelId(model)
    await ready(workspaceId)
    return db.withWorkspace(workspaceId, async (tx) => {
      const row = await readModel(tx, workspaceId, slug, upstreamId)
      if (!row) throw modelErrors.modelMissing(model)
      if (!row.connectionEnabled) throw modelErrors.connectionDisabled(row.connectionName)
      if (!row.enabled) throw modelErrors.modelDisabled(model)
      const key =
        row.sealedKey === null ? null : await vault.open(tx, workspaceId, row.connectionId, row.sealedKey)
      return routeOf(model, row, key, clock.now())
    })
  }

  return {
    route: async (workspaceId, model) => {
      const key = `${workspaceId} ${model}`
      const now = clock.monotonicMs()
      const known = kept.get(key)
      if (known && known.until > now) return known.route
      // Callers do not wait for each other's reading: who holds a transaction would wait for one without a connection.
      const before = changes
      const route = await look(workspaceId, model)
      if (kept.size >= mostKept) kept.delete(kept.keys().next().value ?? '')
      if (before === changes) kept.set(key, { route, until: now + freshMs })
      return route
    },
  }
}

/** `{slug}/{upstream id}`, of which only the first slash separates: upstream ids may have slashes too. */
export function splitModelId(model: string): { slug: string; upstreamId: string } {
  const slash = model.indexOf('/')
  return slash < 0
    ? { slug: '', upstreamId: model }
    : { slug: model.slice(0, slash), upstreamId: model.slice(slash + 1) }
}

function routeOf(id: string, row: ModelRow, key: Secret | null, at: Date): Route {
  const { dialect, telemetryName } = factsOfKind(row.kind)
  const { contextTokens, maxOutputTokens } = row
  const deployment: Deployment = {
    kind: 'remote',
    name: id,
    upstreamId: row.upstreamId,
    price: priceOf({ kind: row.kind, baseUrl: row.baseUrl, upstreamId: row.upstreamId, at }),
    connectionId: row.connectionId,
    connectionName: row.connectionName,
    dialect,
    telemetryName,
    baseUrl: row.baseUrl,
    key,
    detected: row.source === 'detected',
    facts: { contextWindow: contextTokens ?? undefined, maxOutputTokens: maxOutputTokens ?? undefined },
  }
  const model: ResolvedModel = {
    id,
    name: row.name,
    connectionId: row.connectionId,
    connectionName: row.connectionName,
    upstreamId: row.upstreamId,
    dialect,
    contextTokens,
    maxOutputTokens,
    capabilities: row.capabilities,
    label: null,
  }
  return { model, deployments: [deployment] }
}

const guideRoute: Route = {
  model: { ...resolvedGuide(guideModel), upstreamId: 'guide', dialect: null },
  deployments: [{ kind: 'local', name: guideId, upstreamId: 'guide', price: freeOfCharge('built in') }],
}

function resolvedGuide(model: Model): Omit<ResolvedModel, 'upstreamId' | 'dialect'> {
  const { id, name, connectionId, connectionName, contextTokens, maxOutputTokens, capabilities, label } =
    model
  return { id, name, connectionId, connectionName, contextTokens, maxOutputTokens, capabilities, label }
}
