import { aliasName, type Model, type Policy } from '@atrium/contract'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { AppError } from '#platform/errors'
import { readAliasByName, type AliasRow } from '../aliases/alias-views.ts'
import { routeOfPolicy, type Found } from '../aliases/compile.ts'
import { modelsOf } from '../aliases/targets.ts'
import { guideId, guideModel } from '../catalogue/guide-model.ts'
import { outputLimitOf } from '../catalogue/output-limits.ts'
import { readPriceBook, type PriceBook } from '../catalogue/price-book.ts'
import { freeOfCharge } from '../catalogue/prices.ts'
import { factsOfKind } from '../connections/kinds.ts'
import type { Vault } from '../connections/vault.ts'
import { modelErrors } from '../errors.ts'
import type { ResolvedModel } from '../types.ts'
import { readModel, readModelsNamed, type ModelRow } from '../views.ts'
import type { Deployment, RemoteDeployment, Route } from './deployment.ts'
import type { HealthBook } from './health.ts'
import { splitModelId } from './model-id.ts'

export interface LookupParts {
  readonly db: Database
  readonly clock: Clock
  readonly vault: Vault
  readonly health: HealthBook
  /** Makes sure that what the environment provides is there. */
  readonly ready: (workspaceId: string) => Promise<void>
}

/**
 * Finds where a name leads: to an alias first, else to a model of a connection.
 * @throws AppError MODEL_NOT_FOUND, MODEL_DISABLED, CONNECTION_DISABLED, SECRET_UNREADABLE
 */
export async function lookUp(parts: LookupParts, workspaceId: string, model: string): Promise<Route> {
  if (model === guideId) return guideRoute
  const { slug, upstreamId } = splitModelId(model)
  await parts.ready(workspaceId)
  return parts.db.withWorkspace(workspaceId, async (tx) => {
    const alias = mayBeAlias(model) ? await readAliasByName(tx, workspaceId, model) : undefined
    if (alias) return aliasRoute(parts, tx, workspaceId, alias)
    const row = await readModel(tx, workspaceId, slug, upstreamId)
    if (!row) throw modelErrors.modelMissing(model)
    if (!row.connectionEnabled) throw modelErrors.connectionDisabled(row.connectionName)
    if (!row.enabled) throw modelErrors.modelDisabled(model)
    const prices = await readPriceBook(tx, workspaceId)
    return directRoute(resolvedOf(model, row), await deploymentOf(parts, tx, workspaceId, row, prices))
  })
}

const mayBeAlias = (name: string): boolean => aliasName.safeParse(name).success

async function aliasRoute(
  parts: LookupParts,
  tx: Tx,
  workspaceId: string,
  { id, name, version, enabled, policy }: AliasRow,
): Promise<Route> {
  if (!enabled) throw modelErrors.modelDisabled(name)
  return routeOfPolicy({ id, name, version }, policy, await findModels(parts, tx, workspaceId, policy))
}

/** What the models of a policy are by now, ready to be called. */
export async function findModels(
  parts: LookupParts,
  tx: Tx,
  workspaceId: string,
  policy: Policy,
): Promise<Map<string, Found>> {
  const names = modelsOf(policy)
  const prices = await readPriceBook(tx, workspaceId)
  const found = new Map<string, Found>()
  if (names.includes(guideId)) found.set(guideId, { deployment: guide, model: guideModel })
  for (const row of await readModelsNamed(tx, workspaceId, names.map(splitModelId))) {
    const reason = whyNot(row)
    found.set(
      `${row.connectionSlug}/${row.upstreamId}`,
      reason === null ? await readyToCall(parts, tx, workspaceId, row, prices) : { reason },
    )
  }
  return found
}

/** Why a model cannot be called, in words; null when it can. */
export function whyNot(row: ModelRow): string | null {
  if (!row.connectionEnabled) return 'its connection is switched off'
  return row.enabled ? null : 'the model is switched off'
}

/** One connection whose key cannot be read does not spoil an alias that has others. */
async function readyToCall(
  parts: LookupParts,
  tx: Tx,
  workspaceId: string,
  row: ModelRow,
  prices: PriceBook,
): Promise<Found> {
  try {
    return { deployment: await deploymentOf(parts, tx, workspaceId, row, prices), model: row }
  } catch (error) {
    if (error instanceof AppError && error.code === 'SECRET_UNREADABLE')
      return { reason: 'the stored key of its connection cannot be read' }
    throw error
  }
}

/** A row as a place to call, its key opened. @throws AppError SECRET_UNREADABLE */
async function deploymentOf(
  { vault, health, clock }: LookupParts,
  tx: Tx,
  workspaceId: string,
  row: ModelRow,
  prices: PriceBook,
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
    price: prices.priceOf({ ...row, at: clock.now() }).sheet,
    connectionId: row.connectionId,
    connectionName: row.connectionName,
    dialect,
    telemetryName,
    baseUrl: row.baseUrl,
    key,
    provided: row.source !== 'person',
    facts: {
      contextWindow: contextTokens ?? undefined,
      maxOutputTokens: maxOutputTokens ?? outputLimitOf(row.upstreamId),
    },
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

const guide: Deployment = {
  kind: 'local',
  name: guideId,
  upstreamId: 'guide',
  price: freeOfCharge('built in'),
}

const guideRoute = directRoute({ ...resolvedGuide(guideModel), upstreamId: 'guide', dialect: null }, guide)

function resolvedGuide(model: Model): Omit<ResolvedModel, 'upstreamId' | 'dialect'> {
  const { id, name, connectionId, connectionName, contextTokens, maxOutputTokens, capabilities, label } =
    model
  return { id, name, connectionId, connectionName, contextTokens, maxOutputTokens, capabilities, label }
}
