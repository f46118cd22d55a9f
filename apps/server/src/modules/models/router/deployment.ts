import type { DialectName, ModelFacts } from '@atrium/wire'
import type { PolicyCondition, Strategy } from '@atrium/contract'
import type { Secret } from '#platform/config'
import type { PriceSheet } from '../catalogue/prices.ts'
import type { ResolvedModel } from '../types.ts'
import type { Health } from './health.ts'
import type { Timeouts } from './watchdog.ts'

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
  /** The connection is as the operator's settings made it, or is the local Ollama that this program has found. */
  readonly provided: boolean
  readonly facts: ModelFacts
  readonly health: Health
}

/** A model that runs inside this program. */
export interface LocalDeployment extends Common {
  readonly kind: 'local'
}

/** A deployment in a policy. */
export interface Target {
  readonly deployment: Deployment
  readonly weight: number
  readonly priority: number
  readonly maxOutputTokens: number | undefined
}

/** One that the policy names and that cannot be called, with the reason in words. */
export interface Missing {
  readonly name: string
  readonly reason: string
}

export interface Plan {
  readonly strategy: Strategy | 'single'
  /** Of all variants where there are some. */
  readonly targets: readonly Target[]
  readonly missing: readonly Missing[]
  readonly variants: readonly Variant[]
}

export interface Variant {
  readonly name: string
  readonly share: number
  readonly targets: readonly Target[]
}

export interface Rule {
  readonly name: string
  readonly when: PolicyCondition
  readonly plan: Plan
}

/** A model and the places where it can be called: a snapshot that never changes. */
export interface Route {
  readonly model: ResolvedModel
  /** Null for a model that was named itself. */
  readonly alias: { readonly id: string; readonly name: string; readonly version: number } | null
  readonly rules: readonly Rule[]
  readonly plan: Plan
  readonly failovers: number
  readonly sameTarget: number
  readonly maxWaitMs: number
  readonly timeouts: Partial<Timeouts>
  readonly hedgeAfterMs: number | undefined
}
