/**
 * One thing that a translation could not carry over as it was.
 *
 * `dropped`: the target has no such thing. `renamed`: it was said in another way, which may weigh differently.
 * `defaulted`: the target requires a value that the request did not give.
 */
export interface FidelityNote {
  /** A member of the neutral request, such as `topK` or `messages.reasoning`. */
  feature: string
  action: 'dropped' | 'renamed' | 'defaulted'
  detail: string
}

export type FidelityReport = FidelityNote[]
