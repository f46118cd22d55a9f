import { AsyncLocalStorage } from 'node:async_hooks'
import type { ConnectionKind } from '@atrium/contract'
import { systemActor, type Identity } from '#modules/identity'
import type { ServerConfig } from '#platform/config'
import type { Database, Tx } from '#platform/db'
import type { Log } from '#platform/log'
import type { Keyring } from '#platform/secrets'
import { modelsChanged } from '../router/resolver.ts'
import {
  claimHome,
  findHome,
  insertConnection,
  insertProvision,
  lockProvision,
  lockSlugs,
  updateConnection,
} from '../store.ts'
import { hasKind, readConnection } from '../views.ts'
import { baseUrlOf, freeSlug } from './address.ts'
import { factsOfKind, localOllamaUrl } from './kinds.ts'
import { probe } from './probe.ts'
import type { Refresher, RefreshParts } from './refresh.ts'

/** Makes the connections that nobody has to ask for: those of the environment, and a local Ollama. */
export interface Provisioner {
  /**
   * Called before models of a workspace are looked up. The first workspace ever becomes the home of what the
   * environment provides; for it, waits until the connections exist and, for a moment, until their models are known.
   */
  ready(workspaceId: string): Promise<void>
  /** Brings the home up to date with the environment, as soon as there is a home. Never rejects. */
  boot(): Promise<void>
  /** Looks for a local Ollama while there is none. Never rejects. */
  detect(): Promise<void>
}

export interface ProvisionParts extends RefreshParts {
  readonly jobDb: Database
  readonly config: ServerConfig
  readonly keyring: Keyring
  readonly identity: Identity
  readonly refresher: Refresher
  readonly log: Log
}

/** How long the first list waits for the models of fresh connections. */
const discoveryWaitMs = 2000
const detectionMs = 1000

interface Provided {
  /** Names the provision, so that it is made once. */
  readonly what: string
  readonly kind: ConnectionKind
  readonly baseUrl: string
  readonly apiKey: string | null
  readonly source: 'environment' | 'detected'
}

export function createProvisioner(parts: ProvisionParts, scope: AsyncDisposableStack): Provisioner {
  const { jobDb, config, log, refresher } = parts
  const provided = fromEnvironment(config)
  const discoveries = new Set<Promise<unknown>>()
  // What is made here must stay when the request that happened to come first fails: it never joins its transaction.
  const detached = AsyncLocalStorage.snapshot()
  let home: Promise<string> | undefined
  let provisioned: Promise<void> | undefined

  const discover = (workspaceId: string, connectionId: string): void => {
    const discovery = refresher
      .refresh(workspaceId, connectionId)
      .catch((error: unknown) =>
        log.warn({ err: error, connectionId }, 'the models of a new connection could not be read'),
      )
      .finally(() => discoveries.delete(discovery))
    discoveries.add(discovery)
  }

  const provideAll = async (workspaceId: string, list: readonly Provided[]): Promise<void> => {
    for (const one of list) {
      const connectionId = await parts.db.withWorkspace(workspaceId, (tx) =>
        provide(parts, tx, workspaceId, one),
      )
      if (connectionId !== null) discover(workspaceId, connectionId)
    }
  }

  const provisionOnce = (workspaceId: string): Promise<void> => {
    provisioned ??= provideAll(workspaceId, provided).catch((error: unknown) => {
      provisioned = undefined
      log.error({ err: error }, 'the connections of the environment could not be made; trying again later')
    })
    return provisioned
  }

  const homeOf = (workspaceId: string): Promise<string> => {
    home ??= jobDb
      .transaction((tx) => claimHome(tx, workspaceId))
      .catch((error: unknown) => {
        home = undefined
        throw error
      })
    return home
  }

  const detect = async (): Promise<void> => {
    if (config.providers.ollama) return
    try {
      const workspaceId = await (home ?? jobDb.transaction(findHome))
      if (
        workspaceId === undefined ||
        (await wasDetected(parts, workspaceId)) ||
        !(await ollamaAnswers(parts))
      )
        return
      await provideAll(workspaceId, [
        { what: 'detected', kind: 'ollama', baseUrl: localOllamaUrl, apiKey: null, source: 'detected' },
      ])
      log.info('found Ollama on this machine')
    } catch (error) {
      log.warn({ err: error }, 'looking for a local Ollama failed')
    }
  }

  scope.defer(async () => void (await Promise.allSettled([...discoveries])))
  return {
    ready: async (workspaceId) => {
      if (provisioned && discoveries.size === 0) return
      if ((await detached(homeOf, workspaceId)) !== workspaceId) return
      const isFirst = !provisioned
      await detached(provisionOnce, workspaceId)
      if (isFirst) void detached(detect)
      if (discoveries.size > 0) await atMost(Promise.allSettled([...discoveries]), discoveryWaitMs)
    },
    boot: async () => {
      const known = await jobDb.transaction(findHome).catch(() => undefined)
      if (known === undefined) return
      home ??= Promise.resolve(known)
      await provisionOnce(known)
      await detect()
    },
    detect,
  }
}

function fromEnvironment({ providers }: ServerConfig): Provided[] {
  const keyed: (readonly [ConnectionKind, keyof typeof providers])[] = [
    ['anthropic', 'anthropic'],
    ['openai', 'openai'],
    ['google', 'gemini'],
  ]
  const found: Provided[] = []
  for (const [kind, name] of keyed) {
    const provider = providers[name]
    if (!provider || !('apiKey' in provider) || !provider.apiKey) continue
    const baseUrl = baseUrlOf(kind, provider.baseUrl ?? undefined)
    found.push({ what: name, kind, baseUrl, apiKey: provider.apiKey.reveal(), source: 'environment' })
  }
  const { ollama } = providers
  if (ollama)
    found.push({
      what: 'ollama',
      kind: 'ollama',
      baseUrl: baseUrlOf('ollama', ollama.baseUrl),
      apiKey: null,
      source: 'environment',
    })
  return found
}

/**
 * Makes a provided connection, or brings it up to date when the environment has changed. What a person has deleted or
 * taken in hand stays as it is. Gives the id of a connection whose models are to be read.
 */
async function provide(
  parts: ProvisionParts,
  tx: Tx,
  workspaceId: string,
  one: Provided,
): Promise<string | null> {
  const { vault, keyring } = parts
  const fingerprint = keyring.sign('models.provision', JSON.stringify([one.baseUrl, one.apiKey]))
  const before = await lockProvision(tx, workspaceId, one.what)
  if (before?.fingerprint === fingerprint) return null
  if (!before) {
    const connectionId = await make(parts, tx, workspaceId, one)
    await insertProvision(tx, { workspaceId, what: one.what, fingerprint, connectionId })
    return connectionId
  }
  await insertProvision(tx, { ...before, fingerprint })
  const { connectionId } = before
  const row =
    connectionId === null ? undefined : await readConnection(tx, workspaceId, connectionId, 'locked')
  if (row?.source !== 'environment') return null
  const sealedKey = one.apiKey === null ? null : await vault.seal(tx, workspaceId, row.id, one.apiKey)
  await updateConnection(tx, workspaceId, row.id, { baseUrl: one.baseUrl, sealedKey })
  await tell(parts, tx, workspaceId, row.id, 'connection.updated', one)
  return row.id
}

async function make(parts: ProvisionParts, tx: Tx, workspaceId: string, one: Provided): Promise<string> {
  const { label, slug } = factsOfKind(one.kind)
  const { kind, baseUrl, source } = one
  const id = parts.clock.uuid()
  const sealedKey = one.apiKey === null ? null : await parts.vault.seal(tx, workspaceId, id, one.apiKey)
  const free = freeSlug(slug, await lockSlugs(tx, workspaceId, slug))
  await insertConnection(tx, { workspaceId, id, name: label, slug: free, kind, baseUrl, sealedKey, source })
  await tell(parts, tx, workspaceId, id, 'connection.created', one)
  return id
}

async function tell(
  { identity, bus }: ProvisionParts,
  tx: Tx,
  workspaceId: string,
  id: string,
  action: string,
  { kind, baseUrl, source }: Provided,
): Promise<void> {
  await identity.audit(tx, {
    workspaceId,
    actor: systemActor,
    action,
    target: { kind: 'connection', id },
    details: { kind, baseUrl, source },
  })
  await bus.publish(tx, modelsChanged, { workspaceId })
}

/** Found before (and perhaps deleted since), or connected by a person. */
function wasDetected({ db }: ProvisionParts, workspaceId: string): Promise<boolean> {
  return db.withWorkspace(workspaceId, async (tx) => {
    if (await lockProvision(tx, workspaceId, 'detected')) return true
    return hasKind(tx, workspaceId, 'ollama')
  })
}

async function ollamaAnswers({ upstream, clock }: ProvisionParts): Promise<boolean> {
  const target = {
    name: 'Ollama',
    kind: 'ollama' as const,
    baseUrl: localOllamaUrl,
    key: null,
    detected: true,
  }
  return (await probe(target, { upstream, now: clock.now, timeoutMs: detectionMs })).health.ok
}

async function atMost(work: Promise<unknown>, ms: number): Promise<void> {
  const clock = Promise.withResolvers<void>()
  const timer = setTimeout(clock.resolve, ms)
  await Promise.race([work, clock.promise])
  clearTimeout(timer)
}
