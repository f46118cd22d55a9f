import type { Model, ModelPrice, RouteOutput, priceRoutes } from '@atrium/contract'
import { z } from 'zod'
import { actorOf, type Identity } from '#modules/identity'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { decodeCursor, paginate } from '#platform/http'
import { readAliases } from '../aliases/alias-views.ts'
import { aliasModels, mostAliases } from '../aliases/listed.ts'
import type { Origin } from '../connections/connections.ts'
import { discovered } from '../connections/refresh.ts'
import { modelErrors } from '../errors.ts'
import { modelsChanged, splitModelId } from '../router/resolver.ts'
import { setModelEnabled, upsertModels } from '../store.ts'
import { readConnection, readModel, readModels, type ModelRow } from '../views.ts'
import { guideId, guideModel } from './guide-model.ts'
import { readPriceBook, type BookPrice, type PriceBook } from './price-book.ts'
import { publicSheet } from './price-json.ts'
import { publishedSnapshot } from './published.ts'
import { priceVersion } from './prices.ts'
import { supplementDate } from './supplement.ts'

/** The models of a workspace. */
export interface Catalogue {
  /** The built-in guide first, then aliases, then by connection: what can be called, or a part of it, or more. */
  list(workspaceId: string, which: WhichModels): Promise<Model[]>
  /** What each of them costs, by id. */
  prices(
    workspaceId: string,
    query: { limit: number; cursor?: string | undefined; model?: string | undefined },
  ): Promise<PricePage>
  /** Shows or hides a model. */
  setEnabled(origin: Origin, id: string, enabled: boolean): Promise<Model>
  /** Adds a model that the provider does not list, or shows one that was hidden. */
  add(
    origin: Origin,
    connectionId: string,
    input: { upstreamId: string; name?: string | undefined },
  ): Promise<Model>
}

/** Those to converse with, those that can be called in any way, or also those that are switched off. */
export type WhichModels = 'chat' | 'callable' | 'all'

type PricePage = RouteOutput<typeof priceRoutes.listPrices>

export interface CatalogueParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly identity: Identity
}

export function createCatalogue(parts: CatalogueParts): Catalogue {
  const { db, clock } = parts
  return {
    list: async (workspaceId, which) => {
      const all = which === 'all'
      const [rows, book, aliases] = await db.readWorkspace(workspaceId, (tx) =>
        Promise.all([
          readModels(tx, workspaceId, all),
          readPriceBook(tx, workspaceId),
          readAliases(tx, workspaceId, { limit: mostAliases }),
        ]),
      )
      const models = [guideModel, ...rows.map((row) => shown(row, book, clock.now()))]
      const list = [guideModel, ...aliasModels(aliases, models, all), ...models.slice(1)]
      return which === 'chat' ? list.filter(({ capabilities }) => capabilities.chat) : list
    },
    prices: async (workspaceId, { limit, cursor, model }) => {
      const after = cursor === undefined ? '' : decodeCursor(cursor, z.string())[0]
      const [rows, book] = await db.readWorkspace(workspaceId, (tx) =>
        Promise.all([readModels(tx, workspaceId, true), readPriceBook(tx, workspaceId)]),
      )
      const list = [guidePrice, ...rows.map((row) => pricedModel(row, book, clock.now()))]
        .filter((one) => one.model > after && (model === undefined || one.model === model))
        .toSorted((a, b) => (a.model < b.model ? -1 : 1))
      return { ...paginate(list.slice(0, limit + 1), limit, (one) => [one.model]), list: priceList() }
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
  return shown({ ...row, enabled }, await readPriceBook(tx, workspaceId), parts.clock.now())
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
  return shown(row, await readPriceBook(tx, workspaceId), parts.clock.now())
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

function shown(row: ModelRow, book: PriceBook, at: Date): Model {
  const { upstreamId, name, connectionId, connectionName, contextTokens, maxOutputTokens, capabilities } = row
  const { sheet } = priceIn(book, row, at)
  return {
    id: `${row.connectionSlug}/${upstreamId}`,
    name,
    connectionId,
    connectionName,
    enabled: row.enabled && row.connectionEnabled,
    contextTokens,
    maxOutputTokens,
    capabilities,
    price: sheet && {
      inputNanoUsd: sheet.input.base.toString(),
      outputNanoUsd: sheet.output.base.toString(),
    },
    label: null,
  }
}

const priceIn = (book: PriceBook, row: ModelRow, at: Date): BookPrice =>
  book.priceOf({
    kind: row.kind,
    baseUrl: row.baseUrl,
    upstreamId: row.upstreamId,
    connectionId: row.connectionId,
    at,
  })

function pricedModel(row: ModelRow, book: PriceBook, at: Date): ModelPrice {
  const { sheet, origin, overrideId } = priceIn(book, row, at)
  return {
    model: `${row.connectionSlug}/${row.upstreamId}`,
    connectionId: row.connectionId,
    upstreamId: row.upstreamId,
    origin,
    sheet: sheet && publicSheet(sheet),
    version: sheet?.source ?? null,
    overrideId,
  }
}

const guidePrice: ModelPrice = {
  model: guideId,
  connectionId: null,
  upstreamId: 'guide',
  origin: 'free',
  sheet: { rates: {}, perCall: '0' },
  version: 'built in',
  overrideId: null,
}

function priceList(): PricePage['list'] {
  const { date, url, providers } = publishedSnapshot()
  const models = providers.reduce((sum, provider) => sum + provider.models.length, 0)
  return { version: priceVersion(), date, models, source: url, supplementDate }
}
