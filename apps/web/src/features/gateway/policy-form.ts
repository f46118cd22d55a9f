import type { Alias, Policy, PolicyInput, Strategy } from '@atrium/contract'

/** Strategies that the form edits; A/B needs variants, which are edited through the API. */
export type FormStrategy = Exclude<Strategy, 'ab'>

export const strategies: readonly { value: FormStrategy; label: string }[] = [
  { value: 'priority', label: 'Priority: the first that works' },
  { value: 'weighted', label: 'Weighted: shared by weight' },
  { value: 'least-latency', label: 'Fastest first token' },
  { value: 'least-cost', label: 'Cheapest, counting the prompt cache' },
  { value: 'sticky', label: 'Sticky: one conversation, one model' },
]

export interface TargetFields {
  /** For React only: targets have no id of their own. */
  key: number
  model: string
  weight: string
  priority: string
}

/** What the editor of an alias holds, as people type it. */
export interface PolicyFields {
  name: string
  description: string
  strategy: FormStrategy
  targets: TargetFields[]
}

/** Whether the form can show all of a policy's plan. */
export const isEditable = (policy: Policy): boolean => policy.plan.strategy !== 'ab'

export function policyFieldsOf(alias: Alias | null, firstModel: string): PolicyFields {
  const plan = alias?.policy.plan
  if (!plan || plan.strategy === 'ab') {
    const targets = [{ key: 0, model: firstModel, weight: '1', priority: '1' }]
    return {
      name: alias?.name ?? '',
      description: alias?.description ?? '',
      strategy: 'priority',
      targets,
    }
  }
  return {
    name: alias.name,
    description: alias.description,
    strategy: plan.strategy,
    targets: plan.targets.map(({ model, weight, priority }, key) => ({
      key,
      model,
      weight: String(weight),
      priority: String(priority),
    })),
  }
}

/** The policy of the form. What the form does not show (rules, retries, a target's ceiling) stays as it was. */
export function policyOf({ strategy, targets }: PolicyFields, before: Policy | null): PolicyInput {
  const plan = before?.plan
  const old = plan && plan.strategy !== 'ab' ? plan.targets : []
  return {
    ...before,
    plan: {
      strategy,
      targets: targets.map(({ model, weight, priority }) => ({
        ...old.find((target) => target.model === model),
        model,
        weight: Number(weight),
        priority: Number(priority),
      })),
    },
  }
}

/** A policy in one line. */
export function planText({ plan }: Policy): string {
  if (plan.strategy === 'ab') {
    return `A/B: ${plan.variants.map(({ name, share }) => `${name} ${share}`).join(', ')}`
  }
  return `${plan.strategy}: ${plan.targets.map(({ model }) => model).join(', ')}`
}
