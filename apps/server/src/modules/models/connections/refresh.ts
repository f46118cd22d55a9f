import type { ConnectionHealth } from '@atrium/contract'
import type { ListedModel } from '@atrium/wire'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { knowledgeOf } from '../catalogue/knowledge.ts'
import { modelErrors } from '../errors.ts'
import { modelsChanged } from '../router/resolver.ts'
import type { Upstream } from '../router/upstream.ts'
import { replaceModels, setHealth, type DiscoveredModel } from '../store.ts'
import { readConnection, type ConnectionRow } from '../views.ts'
import { probe, type Probe } from './probe.ts'
import type { Vault } from './vault.ts'

export interface RefreshParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly vault: Vault
  readonly upstream: Upstream
}

/** Reads the model lists of connections. */
export interface Refresher {
  /**
   * Reaches the provider and keeps what was found: its health, and its models when the list could be read.
   * @throws AppError 404 when there is no such connection
   */
  readonly refresh: (workspaceId: string, connectionId: string) => Promise<ConnectionHealth>
}

export function createRefresher({ db, bus, clock, vault, upstream }: RefreshParts): Refresher {
  const materials = (workspaceId: string, connectionId: string) =>
    db.withWorkspace(workspaceId, async (tx) => {
      const row = await readConnection(tx, workspaceId, connectionId)
      if (!row) throw modelErrors.connectionMissing()
      const key = row.sealedKey === null ? null : await vault.open(tx, workspaceId, row.id, row.sealedKey)
      return { row, key }
    })

  const keep = async (tx: Tx, workspaceId: string, asked: ConnectionRow, found: Probe): Promise<void> => {
    const row = await readConnection(tx, workspaceId, asked.id, 'locked')
    // It was changed or removed while the provider was asked: what it said is about another connection.
    if (row?.baseUrl !== asked.baseUrl || row.sealedKey !== asked.sealedKey) return
    await setHealth(tx, workspaceId, row.id, found.health)
    if (found.models) await replaceModels(tx, workspaceId, row.id, discovered(row, found.models))
    await bus.publish(tx, modelsChanged, { workspaceId })
  }

  return {
    refresh: async (workspaceId, connectionId) => {
      const { row, key } = await materials(workspaceId, connectionId)
      const { name, kind, baseUrl, source } = row
      const found = await probe(
        { name, kind, baseUrl, key, provided: source !== 'person' },
        { upstream, now: clock.now },
      )
      await db.withWorkspace(workspaceId, (tx) => keep(tx, workspaceId, row, found))
      return found.health
    },
  }
}

const longestId = 200

/** What a list says, joined with what is known; ids that could not be called are left out. */
export function discovered(
  { kind, baseUrl }: Pick<ConnectionRow, 'kind' | 'baseUrl'>,
  listed: readonly ListedModel[],
): DiscoveredModel[] {
  const byId = new Map(listed.map((model) => [model.id, model]))
  return [...byId.values()]
    .filter(({ id }) => id !== '' && id.length <= longestId && !/[\p{Cc}\s]/u.test(id) && id.isWellFormed())
    .map((model) => {
      const { name, contextTokens, maxOutputTokens, capabilities, callable } = knowledgeOf(
        kind,
        baseUrl,
        model,
      )
      return {
        upstreamId: model.id,
        name: clean(name),
        contextTokens,
        maxOutputTokens,
        capabilities,
        enabled: callable,
      }
    })
}

const clean = (name: string): string =>
  name
    .replaceAll(/\p{Cc}/gu, ' ')
    .toWellFormed()
    .slice(0, 200)
