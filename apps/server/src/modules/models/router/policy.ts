import type { Candidate } from '../types.ts'
import type { Deployment } from './deployment.ts'

/** In which order deployments are called, and why others are not. */
export interface Choice {
  readonly order: readonly Deployment[]
  readonly candidates: readonly Candidate[]
}

/**
 * The policy of a model over its deployments. Each model has one deployment for now; weights, priorities and
 * cool-downs of broken deployments will pass candidates over here, and say why.
 */
export function choose(deployments: readonly Deployment[]): Choice {
  return {
    order: deployments.slice(0, 1),
    candidates: deployments.map(({ name }, place) => ({
      deployment: name,
      passedOver: place === 0 ? null : 'the policy calls the first only',
    })),
  }
}
