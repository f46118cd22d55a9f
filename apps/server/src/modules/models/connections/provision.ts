import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerConfig } from '#platform/config'
import type { Database } from '#platform/db'
import type { Log } from '#platform/log'
import { claimHome, findHome, lockProvision } from '../store.ts'
import { hasKind } from '../views.ts'
import { atMost } from '../at-most.ts'
import { localOllamaUrl } from './kinds.ts'
import { probe } from './probe.ts'
import { detectedOllama, fromEnvironment, provide, type ProvideParts, type Provided } from './provided.ts'
import type { Refresher, RefreshParts } from './refresh.ts'

/** Makes the connections that nobody has to ask for: those of the environment, and a local Ollama. */
export interface Provisioner {
  /**
   * Called before models of a workspace are looked up. The first workspace ever becomes the home of what the
   * environment provides; for it, waits until the connections exist and, for a moment, until their models are known.
   */
  readonly ready: (workspaceId: string) => Promise<void>
  /** Brings the home up to date with the environment, if there is a home already. Never rejects. */
  readonly boot: () => Promise<void>
  /** Looks for a local Ollama while there is none. Never rejects. */
  readonly detect: () => Promise<void>
}

export interface ProvisionParts extends ProvideParts {
  readonly jobDb: Database
  readonly config: ServerConfig
  readonly refresher: Refresher
  readonly log: Log
}

/** How long the first list waits for the models of fresh connections. */
const discoveryWaitMs = 2000
const detectionMs = 1000

export function createProvisioner(parts: ProvisionParts, scope: AsyncDisposableStack): Provisioner {
  const { jobDb, config, log } = parts
  const provided = fromEnvironment(config)
  const discoveries = createDiscoveries(parts, scope)
  // What is made here must stay when the request that happened to come first fails: it never joins its transaction.
  const detached = AsyncLocalStorage.snapshot()
  const home = createHome(jobDb)
  let provisioned: Promise<void> | undefined
  let isDone = false

  const provideAll = async (workspaceId: string, list: readonly Provided[]): Promise<void> => {
    for (const one of list) {
      const connectionId = await parts.db.withWorkspace(workspaceId, (tx) =>
        provide(parts, tx, workspaceId, one),
      )
      if (connectionId !== null) discoveries.start(workspaceId, connectionId)
    }
  }

  const provision = async (workspaceId: string): Promise<void> => {
    try {
      await provideAll(workspaceId, provided)
      isDone = true
    } catch (error) {
      provisioned = undefined
      log.error({ err: error }, 'the connections of the environment could not be made; trying again later')
    }
  }

  const provisionOnce = (workspaceId: string): Promise<void> => (provisioned ??= provision(workspaceId))

  const detect = async (): Promise<void> => {
    if (config.providers.ollama) return
    try {
      const workspaceId = await home.find()
      if (workspaceId === undefined || !(await wantsOllama(parts, workspaceId))) return
      if (!(await ollamaAnswers(parts))) return
      await provideAll(workspaceId, [detectedOllama])
      log.info('found Ollama on this machine')
    } catch (error) {
      log.warn({ err: error }, 'looking for a local Ollama failed')
    }
  }

  return {
    detect,
    ready: async (workspaceId) => {
      if (isDone && !discoveries.busy()) return
      if ((await detached(home.claim, workspaceId)) !== workspaceId) return
      const isFirst = !provisioned
      await detached(provisionOnce, workspaceId)
      if (isFirst) void detached(detect)
      await discoveries.settle()
    },
    boot: async () => {
      const known = await home.find().catch(() => undefined)
      if (known === undefined) return
      await provisionOnce(known)
      await detect()
    },
  }
}

/** The workspace that gets what the environment provides; it never changes once it is claimed. */
function createHome(jobDb: Database) {
  let known: string | undefined
  return {
    find: async (): Promise<string | undefined> => (known ??= await jobDb.transaction(findHome)),
    /** Claims the place for this workspace, and gives whose it is. */
    claim: async (workspaceId: string): Promise<string> =>
      (known ??= await jobDb.transaction((tx) => claimHome(tx, workspaceId))),
  }
}

/** Reads the models of new connections in the background. */
function createDiscoveries({ refresher, log }: ProvisionParts, scope: AsyncDisposableStack) {
  const open = new Set<Promise<unknown>>()
  scope.defer(async () => void (await Promise.allSettled(open)))
  return {
    start: (workspaceId: string, connectionId: string): void => {
      const discovery = refresher
        .refresh(workspaceId, connectionId)
        .catch((error: unknown) =>
          log.warn({ err: error, connectionId }, 'the models of a connection could not be read'),
        )
        .finally(() => open.delete(discovery))
      open.add(discovery)
    },
    busy: (): boolean => open.size > 0,
    /** Waits for those under way, but not long. */
    settle: async (): Promise<void> => {
      if (open.size > 0) await atMost(Promise.allSettled(open), discoveryWaitMs)
    },
  }
}

/** Not when it was found before (and perhaps deleted since), or connected by a person. */
function wantsOllama({ db }: RefreshParts, workspaceId: string): Promise<boolean> {
  return db.withWorkspace(workspaceId, async (tx) => {
    const before = await lockProvision(tx, workspaceId, detectedOllama.what)
    return before === undefined && !(await hasKind(tx, workspaceId, 'ollama'))
  })
}

async function ollamaAnswers({ upstream, clock }: RefreshParts): Promise<boolean> {
  const target = {
    name: 'Ollama',
    kind: 'ollama',
    baseUrl: localOllamaUrl,
    key: null,
    provided: true,
  } as const
  return (await probe(target, { upstream, now: clock.now, timeoutMs: detectionMs })).health.ok
}
