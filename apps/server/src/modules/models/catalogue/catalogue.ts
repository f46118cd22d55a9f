import type { Model } from '@atrium/contract'
import { actorOf, type Identity } from '#modules/identity'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import type { Origin } from '../connections/connections.ts'
import { discovered } from '../connections/refresh.ts'
import { modelErrors } from '../errors.ts'
import { modelsChanged, splitModelId } from '../router/resolver.ts'
import { setModelEnabled, upsertModels } from '../store.ts'
import { readConnection, readModel, readModels, type ModelRow } from '../views.ts'
import { guideId, guideModel } from './guide-model.ts'
import { priceOf } from './prices.ts'

/** The models of a workspace. */
export interface Catalogue {
  /** The built-in guide first, then by connection; `all` also gives what is hidden or switched off. */
  list(workspaceId: string, options?: { all?: boolean }): Promise<Model[]>
  /** Shows or hides a model. */
  setEnabled(origin: Origin, id: string, enabled: boolean): Promise<Model>
  /** Adds a model that the provider does not list, or shows one that was hidden. */
  add(
    origin: Origin,
    connectionId: string,
    input: { upstreamId: string; name?: string | undefined },
  ): Promise<Model>
}

export interface CatalogueParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly identity: Identity
}

export function createCatalogue(parts: CatalogueParts): Catalogue {
  const { db, clock } = parts
  return {
    list: async (workspaceId, { all = false } = {}) => {
      const rows = await db.withWorkspace(workspaceId, (tx) => readModels(tx, workspaceId, all))
      return [guideModel, ...rows.map((row) => shown(row, clock.now()))]
    },
    setEnabled: async (origin, id, enabled) => {
      if (id === guideId && !enabled) throw modelErrors.guideIsFixed()
      if (id === guideId) return guideModel
      return db.withWorkspace(origin.member.workspaceId, (tx) => setEnabled(parts, tx, origin, id, enabled))
    },
    add: (origin, connectionId, input) =>
      db.withWorkspace(origin.member.workspaceId, (tx) => add(parts, tx, origin, connectionId, input)),
  }
}

async function setEnabled(
  parts: CatalogueParts,
  tx: Tx,
  origin: Origin,
  id: string,
  enabled: boolean,
): Promise<Model> {
  const { workspaceId } = origin.member
  const { slug, upstreamId } = splitModelId(id)
  const row = await readModel(tx, workspaceId, slug, upstreamId)
  if (!row) throw modelErrors.modelMissing(id)
  await setModelEnabled(tx, { workspaceId, connectionId: row.connectionId, upstreamId }, enabled)
  await tell(parts, tx, origin, enabled ? 'model.enabled' : 'model.disabled', id)
  return shown({ ...row, enabled }, parts.clock.now())
}

async function add(
  parts: CatalogueParts,
  tx: Tx,
  origin: Origin,
  connectionId: string,
  { upstreamId, name }: { upstreamId: string; name?: string | undefined },
): Promise<Model> {
  const { workspaceId } = origin.member
  const connection = await readConnection(tx, workspaceId, connectionId, 'locked')
  if (!connection) throw modelErrors.connectionMissing()
  const [model] = discovered(connection, [
    { id: upstreamId, ...(name === undefined ? {} : { displayName: name }) },
  ])
  if (!model) throw modelErrors.modelNameInvalid()
  await upsertModels(tx, workspaceId, connectionId, [{ ...model, enabled: true }], true)
  const id = `${connection.slug}/${upstreamId}`
  await tell(parts, tx, origin, 'model.added', id)
  const row = await readModel(tx, workspaceId, connection.slug, upstreamId)
  if (!row) throw modelErrors.modelMissing(id)
  return shown(row, parts.clock.now())
}

async function tell(
  { identity, bus }: CatalogueParts,
  tx: Tx,
  { member, address }: Origin,
  action: string,
  id: string,
): Promise<void> {
  const { workspaceId } = member
  await identity.audit(tx, {
    workspaceId,
    actor: actorOf(member),
    action,
    target: { kind: 'model', id },
    address,
  })
  await bus.publish(tx, modelsChanged, { workspaceId })
}

function shown(row: ModelRow, at: Date): Model {
  const {
    upstreamId,
    name,
    connectionId,
    connectionName,
    contextTokens,
    maxOutputTokens,
    capabilities,
    kind,
    baseUrl,
  } = row
  const price = priceOf({ kind, baseUrl, upstreamId, at })
  return {
    id: `${row.connectionSlug}/${upstreamId}`,
    name,
    connectionId,
    connectionName,
    enabled: row.enabled && row.connectionEnabled,
    contextTokens,
    maxOutputTokens,
    capabilities,
    price: price && {
      inputNanoUsd: price.input.base.toString(),
      outputNanoUsd: price.output.base.toString(),
    },
    label: null,
  }
}
