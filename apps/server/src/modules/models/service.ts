import type { Model } from '@atrium/contract'
import type { Identity } from '#modules/identity'
import type { Platform } from '#platform/platform'
import { createAliases, type Aliases } from './aliases/aliases.ts'
import { createCatalogue, type Catalogue } from './catalogue/catalogue.ts'
import { createOverrides, type Overrides } from './catalogue/overrides.ts'
import { createConnections, type Connections } from './connections/connections.ts'
import { createProvisioner, type Provisioner } from './connections/provision.ts'
import { createRefresher } from './connections/refresh.ts'
import { refreshStale } from './connections/stale.ts'
import { createVault } from './connections/vault.ts'
import { createCurrencies, type Currencies } from './currencies/currencies.ts'
import { createGuide } from './guide/guide.ts'
import { createCallsWriter, type CallsWriter } from './router/calls-writer.ts'
import { createHealthBook } from './router/health.ts'
import { createHeir } from './router/heir.ts'
import type { Ledger as Book } from '#modules/ledger'
import type { Ledger } from './router/ledger.ts'
import { createResolver } from './router/resolver.ts'
import type { Route } from './router/deployment.ts'
import { createRouter, type Router } from './router/router.ts'
import { createRetryBudget } from './router/retry-budget.ts'
import { createUpstream } from './router/upstream.ts'
import { createWarmPrompts } from './router/warm-prompts.ts'
import { defaultTimeouts, type Timeouts } from './router/watchdog.ts'
import type { ResolvedModel } from './types.ts'
import { costInterrupted } from './store.ts'
import { closePassedUsage } from './usage/closing.ts'
import { createNames } from './usage/names.ts'
import { createReratings, type Reratings } from './usage/rerating.ts'
import { createUsageService, type UsageService } from './usage/usage.ts'
import type { Pace } from './guide/play.ts'

/** What other modules may ask. */
export interface Models {
  /** The one way to call a model. Never rejects: what fails is in the result. */
  readonly stream: Router['stream']
  /** Passes a request on that is only passed on: embeddings, images, sound. */
  readonly forward: Router['forward']
  /** @throws AppError MODEL_NOT_FOUND 404, MODEL_DISABLED 409, CONNECTION_DISABLED 409 */
  resolve(workspaceId: string, model: string): ResolvedModel | Promise<ResolvedModel>
  /** The models that may be called, the built-in guide first. */
  list(workspaceId: string): Promise<Model[]>
}

/** What the module's own routes and jobs use. */
export interface ModelServices {
  readonly connections: Connections
  readonly catalogue: Catalogue
  readonly aliases: Aliases
  readonly provisioner: Provisioner
  readonly overrides: Overrides
  readonly reratings: Reratings
  readonly currencies: Currencies
  readonly usage: UsageService
  /** Sums up the usage of time that has passed. */
  readonly closeUsage: () => Promise<void>
  /** A call of unknown outcome has cost this after all. */
  readonly costInterrupted: (workspaceId: string, callId: string, costNanoUsd: string) => Promise<void>
  /** Reads the lists of connections that were not read for a day. */
  readonly refreshStale: () => Promise<void>
}

export type ModelsService = Models & { readonly own: ModelServices }

/** What tests and benches set otherwise. */
export interface ModelsOptions {
  readonly timeouts?: Partial<Timeouts>
  readonly guidePace?: Partial<Pace>
  /** 0 to 1, for draws and for the jitter of retries. */
  readonly random?: () => number
}

/** Without a ledger nobody keeps the money. */
export type ModelsContext = Platform & {
  readonly identity: Identity
  readonly ledger?: Ledger & Partial<Pick<Book, 'correct' | 'bequeathTo'>>
}

export function createModels(
  context: ModelsContext,
  scope: AsyncDisposableStack,
  options: ModelsOptions = {},
): ModelsService {
  const { config, db, jobDb, bus, clock, log, keyring, egress, telemetry, identity } = context
  const vault = createVault(keyring)
  const upstream = createUpstream(egress, config, scope)
  const writer = openWriter(context, scope)
  const refreshParts = { db, bus, clock, vault, upstream }
  const refresher = createRefresher(refreshParts)
  const provisioner = createProvisioner(
    { ...refreshParts, jobDb, config, keyring, identity, refresher, log },
    scope,
  )
  const health = createHealthBook(clock)
  const lookup = { db, clock, vault, health, ready: provisioner.ready }
  const resolver = createResolver({ ...lookup, bus }, scope)
  const warm = createWarmPrompts(clock)
  const random = options.random ?? Math.random
  const catalogue = createCatalogue({ db, bus, clock, identity })
  const guide = createGuide({ pace: options.guidePace ?? {} })
  const timeouts = { ...defaultTimeouts, ...options.timeouts }
  const router = createRouter({
    resolver,
    upstream,
    guide,
    ledger: context.ledger,
    budget: createRetryBudget(clock),
    warm,
    random,
    writer,
    telemetry,
    metrics: context.metrics,
    clock,
    log,
    timeouts,
  })
  const booting = provisioner.boot()
  scope.defer(() => booting)
  return {
    stream: router.stream,
    forward: router.forward,
    resolve: (workspaceId, name) => modelOf(resolver.route(workspaceId, name)),
    list: async (workspaceId) => {
      await provisioner.ready(workspaceId)
      return catalogue.list(workspaceId, 'callable')
    },
    own: {
      connections: createConnections({ ...refreshParts, identity, refresher }),
      catalogue,
      aliases: createAliases({ ...lookup, bus, identity, resolver, warm, random }),
      provisioner,
      ...createAccounts(context, () => writer.stored()),
      refreshStale: () => refreshStale(jobDb, refresher, log),
    },
  }
}

const modelOf = (route: Route | Promise<Route>): ResolvedModel | Promise<ResolvedModel> =>
  route instanceof Promise ? route.then(({ model }) => model) : route.model

/** Keeps the rows of this process, and of those that die. */
function openWriter({ jobDb, log, ledger }: ModelsContext, scope: AsyncDisposableStack): CallsWriter {
  const writer = scope.use(createCallsWriter(jobDb, log, ledger))
  ledger?.bequeathTo?.(createHeir(writer, log))
  return writer
}

/** What is used, what it costs, and in which currency that is shown. */
function createAccounts(
  context: ModelsContext,
  recorded: () => Promise<void>,
): Pick<
  ModelServices,
  'overrides' | 'reratings' | 'currencies' | 'usage' | 'closeUsage' | 'costInterrupted'
> {
  const currencies = createCurrencies(context)
  return {
    overrides: createOverrides(context),
    reratings: createReratings({ ...context, correct: context.ledger?.correct }),
    currencies,
    closeUsage: () => closePassedUsage(context),
    costInterrupted: (...changed) => context.jobDb.transaction((tx) => costInterrupted(tx, ...changed)),
    usage: createUsageService({ ...context, recorded, currencies, names: createNames(context.identity) }),
  }
}
