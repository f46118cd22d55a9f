import type { Policy, PolicyPlan, PolicyTarget } from '@atrium/contract'

/** A target with its place in the policy, as an error names it. */
export interface PlacedTarget {
  readonly target: PolicyTarget
  readonly path: string
}

interface PlacedPlan {
  readonly plan: PolicyPlan
  readonly path: string
}

/** Every plan of a policy: that of each rule, and the one for all other calls. */
export function plansOf(policy: Policy): PlacedPlan[] {
  return [
    ...policy.rules.map(({ plan }, place) => ({ plan, path: `policy.rules[${place}].plan` })),
    { plan: policy.plan, path: 'policy.plan' },
  ]
}

/** The lists of targets in a plan, each of which must be able to answer by itself. */
export function listsOf({ plan, path }: PlacedPlan): PlacedTarget[][] {
  const lists =
    plan.strategy === 'ab'
      ? plan.variants.map(({ targets }, place) => ({ targets, path: `${path}.variants[${place}].targets` }))
      : [{ targets: plan.targets, path: `${path}.targets` }]
  return lists.map(({ targets, path: list }) =>
    targets.map((target, place) => ({ target, path: `${list}[${place}]` })),
  )
}

/** Every target of a policy. */
export const targetsOf = (policy: Policy): PlacedTarget[] => plansOf(policy).flatMap(listsOf).flat()

/** The models that a policy names, each once. */
export const modelsOf = (policy: Policy): string[] => [
  ...new Set(targetsOf(policy).map(({ target }) => target.model)),
]
