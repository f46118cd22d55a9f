import { admission } from './modules/admission/index.ts'
import { chat } from './modules/chat/index.ts'
import { files } from './modules/files/index.ts'
import { gateway } from './modules/gateway/index.ts'
import { identity } from './modules/identity/index.ts'
import { insights } from './modules/insights/index.ts'
import { ledger } from './modules/ledger/index.ts'
import { models } from './modules/models/index.ts'
import { realtime } from './modules/realtime/index.ts'
import { traces } from './modules/traces/index.ts'
import type { Target } from './platform/config.ts'
import type { AnyModule, FaceName } from './platform/module.ts'

/** Every module of the product. What they need of one another is built with them. */
export const modules = [
  identity,
  admission,
  ledger,
  files,
  // Its addresses lie among those of the gateway, which takes all that is left.
  traces,
  insights,
  models,
  gateway,
  chat,
  realtime,
] as const satisfies readonly AnyModule[]

/** What a process of a target shows to the world. */
export interface TargetFaces {
  readonly faces: readonly FaceName[]
  /** Serves the web app. */
  readonly web: boolean
}

/** The architecture in one table: target → faces. Every module with such a face opens it. */
export const targets: Readonly<Record<Target, TargetFaces>> = {
  all: { faces: ['api', 'gateway', 'ingest', 'jobs'], web: true },
  app: { faces: ['api'], web: true },
  gateway: { faces: ['gateway'], web: false },
  ingest: { faces: ['ingest'], web: false },
  worker: { faces: ['jobs'], web: false },
}
