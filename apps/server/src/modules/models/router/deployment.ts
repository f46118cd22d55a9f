import type { DialectName, ModelFacts } from '@atrium/wire'
import type { Secret } from '#platform/config'
import type { PriceSheet } from '../catalogue/prices.ts'

/** A place where a model can be called. */
export type Deployment = RemoteDeployment | LocalDeployment

interface Common {
  /** For logs, spans and people: connection slug and upstream id. */
  readonly name: string
  readonly upstreamId: string
  readonly price: PriceSheet | null
}

export interface RemoteDeployment extends Common {
  readonly kind: 'remote'
  readonly connectionId: string
  readonly connectionName: string
  readonly dialect: DialectName
  readonly baseUrl: string
  readonly key: Secret | null
  readonly telemetryName: string
  /** The local Ollama that was found by this program. */
  readonly detected: boolean
  readonly facts: ModelFacts
}

/** A model that runs inside this program. */
export interface LocalDeployment extends Common {
  readonly kind: 'local'
}
