import type { Model } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { priceOf, freeOfCharge } from '../catalogue/prices.ts'
import { guideModel, guideId } from '../catalogue/guide-model.ts'
import { factsOfKind } from '../connections/kinds.ts'
import type { Vault } from '../connections/vault.ts'
import { modelErrors } from '../errors.ts'
import type { ResolvedModel } from '../types.ts'
import { readModel, type ModelRow } from '../views.ts'
import type { Deployment, RemoteDeployment, Route } from './deployment.ts'
import type { HealthBook } from './health.ts'

export interface Resolver {
  /** @throws AppError MODEL_NOT_FOUND, MODEL_DISABLED, CONNECTION_DISABLED */
  route(workspaceId: string, model: string): Promise<Route>
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

export interface ResolverParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly vault: Vault
  readonly health: HealthBook
  /** Makes sure that what the environment provides is there. */
  readonly ready: (workspaceId: string) => Promise<void>
}

/**
 * Finds routes, and keeps them for at most 2 s, so that a call costs no round trip to the database. A change in any
 * process is told over the bus and forgets them at once; a route that is in use is read again before it is too old.
 */
export function createResolver(parts: ResolverParts, scope: AsyncDisposableStack): Resolver {
  const { bus, clock } = parts
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

  const read = async (key: string, workspaceId: string, model: string): Promise<Route> => {
    const before = changes
    const route = await look(parts, workspaceId, model)
    if (kept.size >= mostKept) kept.delete(kept.keys().next().value ?? '')
    if (before === changes) kept.set(key, { route, at: clock.monotonicMs(), renewing: false })
    return route
  }

  const renew = (entry: Kept, key: string, workspaceId: string, model: string): void => {
    entry.renewing = true
    read(key, workspaceId, model).catch(() => kept.delete(key))
  }

  return {
    route: async (workspaceId, model) => {
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

/** `{slug}/{upstream id}`, of which only the first slash separates: upstream ids may have slashes too. */
export function splitModelId(model: string): { slug: string; upstreamId: string } {
  const slash = model.indexOf('/')
  return slash < 0
    ? { slug: '', upstreamId: model }
    : { slug: model.slice(0, slash), upstreamId: model.slice(slash + 1) }
}

async function look(parts: ResolverParts, workspaceId: string, model: string): Promise<Route> {
  if (model === guideId) return guideRoute
  const { slug, upstreamId } = splitModelId(model)
  await parts.ready(workspaceId)
  return parts.db.withWorkspace(workspaceId, async (tx) => {
    const row = await readModel(tx, workspaceId, slug, upstreamId)
    if (!row) throw modelErrors.modelMissing(model)
    if (!row.connectionEnabled) throw modelErrors.connectionDisabled(row.connectionName)
    if (!row.enabled) throw modelErrors.modelDisabled(model)
    return directRoute(resolvedOf(model, row), await deploymentOf(parts, tx, workspaceId, row))
  })
}

/** A row as a place to call, its key opened. @throws AppError SECRET_UNREADABLE */
async function deploymentOf(
  { vault, health, clock }: ResolverParts,
  tx: Tx,
  workspaceId: string,
  row: ModelRow,
): Promise<RemoteDeployment> {
  const key =
    row.sealedKey === null ? null : await vault.open(tx, workspaceId, row.connectionId, row.sealedKey)
  const { dialect, telemetryName } = factsOfKind(row.kind)
  const { contextTokens, maxOutputTokens } = row
  const name = `${row.connectionSlug}/${row.upstreamId}`
  return {
    kind: 'remote',
    name,
    upstreamId: row.upstreamId,
    price: priceOf({ kind: row.kind, baseUrl: row.baseUrl, upstreamId: row.upstreamId, at: clock.now() }),
    connectionId: row.connectionId,
    connectionName: row.connectionName,
    dialect,
    telemetryName,
    baseUrl: row.baseUrl,
    key,
    detected: row.source === 'detected',
    facts: { contextWindow: contextTokens ?? undefined, maxOutputTokens: maxOutputTokens ?? undefined },
    health: health.of(workspaceId, name),
  }
}

function resolvedOf(id: string, row: ModelRow): ResolvedModel {
  return {
    id,
    name: row.name,
    connectionId: row.connectionId,
    connectionName: row.connectionName,
    upstreamId: row.upstreamId,
    dialect: factsOfKind(row.kind).dialect,
    contextTokens: row.contextTokens,
    maxOutputTokens: row.maxOutputTokens,
    capabilities: row.capabilities,
    label: null,
  }
}

function directRoute(model: ResolvedModel, deployment: Deployment): Route {
  const target = { deployment, weight: 1, priority: 1, maxOutputTokens: undefined }
  return {
    model,
    alias: null,
    rules: [],
    plan: { strategy: 'single', targets: [target], missing: [], variants: [] },
    failovers: 0,
    sameTarget: 0,
    maxWaitMs: 5000,
    timeouts: {},
    hedgeAfterMs: undefined,
  }
}

const guideRoute = directRoute(
  { ...resolvedGuide(guideModel), upstreamId: 'guide', dialect: null },
  { kind: 'local', name: guideId, upstreamId: 'guide', price: freeOfCharge('built in') },
)

function resolvedGuide(model: Model): Omit<ResolvedModel, 'upstreamId' | 'dialect'> {
  const { id, name, connectionId, connectionName, contextTokens, maxOutputTokens, capabilities, label } =
    model
  return { id, name, connectionId, connectionName, contextTokens, maxOutputTokens, capabilities, label }
}
