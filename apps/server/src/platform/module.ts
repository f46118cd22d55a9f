import type { FastifyInstance } from 'fastify'
import type { Platform } from './platform.ts'
import type { JobRegistry } from './jobs.ts'

/** Ways in which a module meets the world. A target chooses which of them run. */
export interface Faces<Service> {
  /** Product API and whatever else answers browsers. */
  readonly api?: (app: FastifyInstance, service: Service) => void | Promise<void>
  /** What answers the official SDKs of model providers. */
  readonly gateway?: (app: FastifyInstance, service: Service) => void | Promise<void>
  /** What takes telemetry from OpenTelemetry's exporters. */
  readonly ingest?: (app: FastifyInstance, service: Service) => void | Promise<void>
  /** Background work: queues, schedules and handlers of events. */
  readonly jobs?: (jobs: JobRegistry, service: Service) => void | Promise<void>
}

export type FaceName = keyof Faces<unknown>

/** A module as the kernel sees it; `defineModule` keeps the precise types. */
export interface AnyModule {
  readonly name: string
  readonly needs: Readonly<Record<string, AnyModule>>
  // The kernel builds modules generically: a context is assembled from the needs that the types have checked.
  readonly build: (context: never, scope: AsyncDisposableStack) => unknown
  readonly faces: Faces<never>
}

type ServiceOf<M extends AnyModule> = Awaited<ReturnType<M['build']>>

/** What a module's `build` receives: the platform, and the services of the modules that it needs. */
export type Context<Needs extends Record<string, AnyModule>> = Platform & {
  readonly [Name in keyof Needs]: ServiceOf<Needs[Name]>
}

export interface Module<Needs extends Record<string, AnyModule>, Service> {
  readonly name: string
  /** Modules that are built before, by the name under which `build` receives them. */
  readonly needs: Needs
  /** Makes the service. What it opens it registers on `scope`, which closes in reverse order. */
  readonly build: (context: Context<Needs>, scope: AsyncDisposableStack) => Service | Promise<Service>
  readonly faces: Faces<Service>
}

/** Declares a module; its context type follows from `needs`, so that a call into a module it does not need fails to compile. */
export function defineModule<const Needs extends Record<string, AnyModule>, Service>(
  definition: Module<Needs, Service>,
): Module<Needs, Service> {
  return definition
}

/** A module together with the service that was built from it. */
export interface Built {
  readonly module: AnyModule
  readonly service: unknown
}

/**
 * Builds each module once, needs first. Services close in reverse when `scope` is disposed.
 * @throws when needs form a circle.
 */
export async function buildModules(
  wanted: readonly AnyModule[],
  platform: Platform,
  scope: AsyncDisposableStack,
): Promise<Built[]> {
  const built = new Map<AnyModule, Built>()
  for (const module of inOrder(wanted)) {
    const services = Object.entries(module.needs).map(([name, need]) => [name, built.get(need)?.service])
    const context = { ...platform, ...Object.fromEntries(services) }
    // Sound by construction: `defineModule` has checked the context against `needs`.
    const service = await module.build(context as never, scope)
    built.set(module, { module, service })
  }
  return [...built.values()]
}

function inOrder(wanted: readonly AnyModule[]): AnyModule[] {
  const done = new Set<AnyModule>()
  const visit = (module: AnyModule, path: readonly AnyModule[]): void => {
    if (done.has(module)) return
    if (path.includes(module)) {
      throw new Error(`Modules need each other: ${[...path, module].map((one) => one.name).join(' → ')}`)
    }
    for (const need of Object.values(module.needs)) visit(need, [...path, module])
    done.add(module)
  }
  for (const module of wanted) visit(module, [])
  return [...done]
}
