import type { ModelHealth, Policy, PolicyPlan, RoutingPreview, Strategy } from '@atrium/contract'
import { formatMs, formatUsd } from '../../format.ts'

export const strategies: readonly { value: Strategy; label: string; hint: string }[] = [
  {
    value: 'priority',
    label: 'Priority: the first that works',
    hint: 'The lowest priority number is called first, the next one when it cannot answer.',
  },
  {
    value: 'weighted',
    label: 'Weighted: shared by weight',
    hint: 'Calls are drawn in proportion to the weights.',
  },
  {
    value: 'least-latency',
    label: 'Fastest first token',
    hint: 'Whichever begins to answer soonest at the moment, counting the calls that are under way.',
  },
  {
    value: 'least-cost',
    label: 'Cheapest, counting the prompt cache',
    hint: 'The cheapest for this request, counting what a model still has of it in its prompt cache.',
  },
  {
    value: 'sticky',
    label: 'Sticky: one conversation, one model',
    hint: 'A conversation, or without one a person, stays with one model; weights share them out.',
  },
  {
    value: 'ab',
    label: 'A/B: named variants with shares',
    hint: 'A conversation, or without one a person, stays in one variant. Inside it the lowest priority goes first.',
  },
]

/** Which numbers of a target a strategy looks at. */
export const usesPriority = (strategy: Strategy): boolean => strategy === 'priority' || strategy === 'ab'

/** Whether the weight of a target counts: where priorities go first, only among those of the same priority. */
export function usesWeight(
  strategy: Strategy,
  { priority }: { readonly priority: string },
  all: readonly { readonly priority: string }[],
): boolean {
  if (usesPriority(strategy)) return all.filter((other) => other.priority === priority).length > 1
  return strategy !== 'least-latency' && strategy !== 'least-cost'
}

/** A policy in one line. */
export function policyText({ plan, rules, hedge }: Policy): string {
  const extras = [
    rules.length > 0 && `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'} before it`,
    hedge && `hedges after ${formatMs(hedge.afterMs)}`,
  ].filter((part) => part !== false && part !== null)
  return [planText(plan), ...extras].join(' · ')
}

function planText(plan: PolicyPlan): string {
  if (plan.strategy === 'ab') {
    const total = plan.variants.reduce((sum, { share }) => sum + share, 0)
    const percent = (share: number) => `${Math.round((share / total) * 1000) / 10} %`
    return `A/B: ${plan.variants.map(({ name, share }) => `${name} ${percent(share)}`).join(', ')}`
  }
  return `${plan.strategy}: ${plan.targets.map(({ model }) => model).join(', ')}`
}

/** Why a preview came out as it did, in a sentence or two. */
export function whyText({ strategy, rule, variant }: RoutingPreview): string {
  if (strategy === 'single') return 'It is a model of the catalogue, so no policy is asked.'
  const ground = rule === null ? 'No rule holds, so the usual plan counts.' : `The rule “${rule}” holds.`
  const side = variant === null ? '' : ` The call falls into variant “${variant}”.`
  const known = strategies.find(({ value }) => value === strategy)
  return `${ground}${side} ${known?.hint ?? strategy}`
}

/** Costs beyond this stand for a price that nobody knows. */
const unknownCost = 9e15

/** What a candidate was ordered by, in words; null where the number says nothing to people. */
export function scoreText(strategy: string, score: number | null): string | null {
  if (score === null) return null
  switch (strategy) {
    case 'priority':
    case 'ab':
      return `priority ${score}`
    case 'least-latency':
      return score === 0 ? 'not timed yet' : formatMs(Math.round(score))
    case 'least-cost':
      return score >= unknownCost ? 'price unknown' : formatUsd(String(Math.round(score)))
    default:
      return null
  }
}

const reasons: Readonly<Record<NonNullable<ModelHealth['coolingReason']>, string>> = {
  'rate-limit': 'the provider limits requests',
  quota: 'the provider’s account has no credit left',
  overloaded: 'the provider is overloaded',
  failing: 'it failed too often',
  slow: 'it answers too slowly',
  'refuses-us': 'the provider refuses the key or does not know the model',
}

/** Why a model is left alone and until when; null when it is not. */
export function coolingText(
  { coolingReason, coolingUntil }: Pick<ModelHealth, 'coolingReason' | 'coolingUntil'>,
  nowMs: number,
): string | null {
  if (!coolingReason) return null
  if (coolingUntil === null) return reasons[coolingReason]
  const seconds = Math.max(0, Math.ceil((Date.parse(coolingUntil) - nowMs) / 1000))
  const clock = new Date(coolingUntil).toLocaleTimeString('en-GB')
  return `${reasons[coolingReason]}; called again at ${clock}, in ${seconds} s`
}
