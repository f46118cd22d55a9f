import type { Alias, Policy, PolicyCondition, PolicyInput, PolicyPlan, PolicyTarget } from '@atrium/contract'
import type { Strategy } from '@atrium/contract'

export interface TargetFields {
  /** For React only, as all keys here: the parts of a policy have no ids of their own. */
  key: number
  model: string
  weight: string
  priority: string
  enabled: boolean
  /** Empty for no ceiling. */
  maxOutputTokens: string
}

export interface VariantFields {
  key: number
  name: string
  share: string
  targets: TargetFields[]
}

/** A plan with both of its forms, so that trying another strategy loses nothing. Only one of them is saved. */
export interface PlanFields {
  strategy: Strategy
  targets: TargetFields[]
  variants: VariantFields[]
}

/** One name and one value; lines of the same name are alternatives. */
export interface MetadataFields {
  key: number
  name: string
  value: string
}

export interface RuleFields {
  key: number
  name: string
  metadata: MetadataFields[]
  personIds: string[]
  teamIds: string[]
  keyIds: string[]
  plan: PlanFields
}

/** Numbers of a policy, as people type them. Empty times are not limited. */
export interface LimitFields {
  failovers: string
  sameTarget: string
  maxWaitMs: string
  firstTokenMs: string
  idleMs: string
  totalMs: string
  hedges: boolean
  hedgeAfterMs: string
}

/** What the editor of an alias holds, as people type it. */
export interface PolicyFields {
  name: string
  description: string
  note: string
  plan: PlanFields
  rules: RuleFields[]
  limits: LimitFields
}

/** A key that none of the siblings has. */
export const nextKey = (siblings: readonly { key: number }[]): number =>
  Math.max(-1, ...siblings.map(({ key }) => key)) + 1

export const targetFields = (key: number, model: string, priority = 1): TargetFields => ({
  key,
  model,
  weight: '1',
  priority: String(priority),
  enabled: true,
  maxOutputTokens: '',
})

/** The model that a list is most likely to want next: one that it does not have yet. */
export const unusedModel = (models: readonly string[], targets: readonly TargetFields[]): string =>
  models.find((id) => !targets.some(({ model }) => model === id)) ?? models[0] ?? ''

const planFields = (model: string): PlanFields => ({
  strategy: 'priority',
  targets: [targetFields(0, model)],
  variants: [],
})

/** The plan with another strategy; between an A/B plan and others, the models move along. */
export function withStrategy(plan: PlanFields, strategy: Strategy, models: readonly string[]): PlanFields {
  if (strategy !== 'ab') {
    const targets = plan.targets.length > 0 ? plan.targets : (plan.variants[0]?.targets ?? [])
    return { ...plan, strategy, targets }
  }
  if (plan.variants.length > 0) return { ...plan, strategy }
  const other = [targetFields(0, unusedModel(models, plan.targets))]
  return {
    ...plan,
    strategy,
    variants: [
      { key: 0, name: 'A', share: '50', targets: plan.targets },
      { key: 1, name: 'B', share: '50', targets: other },
    ],
  }
}

export const ruleFields = (key: number, number: number, model: string): RuleFields => ({
  key,
  name: `Rule ${number}`,
  metadata: [{ key: 0, name: '', value: '' }],
  personIds: [],
  teamIds: [],
  keyIds: [],
  plan: planFields(model),
})

/** The fields of an alias, or of a new one with one model. */
export function policyFieldsOf(alias: Alias | null, firstModel: string): PolicyFields {
  const policy = alias?.policy
  return {
    name: alias?.name ?? '',
    description: alias?.description ?? '',
    note: '',
    plan: policy ? fieldsOfPlan(policy.plan) : planFields(firstModel),
    rules:
      policy?.rules.map(({ name, when, plan }, key) => ({
        key,
        name,
        metadata: Object.entries(when.metadata ?? {})
          .flatMap(([label, values]) => values.map((value) => ({ name: label, value })))
          .map((pair, place) => ({ key: place, ...pair })),
        personIds: when.personIds ?? [],
        teamIds: when.teamIds ?? [],
        keyIds: when.keyIds ?? [],
        plan: fieldsOfPlan(plan),
      })) ?? [],
    limits: limitFieldsOf(policy),
  }
}

function fieldsOfPlan(plan: PolicyPlan): PlanFields {
  if (plan.strategy !== 'ab')
    return { strategy: plan.strategy, targets: fieldsOfTargets(plan.targets), variants: [] }
  const variants = plan.variants.map(({ name, share, targets }, key) => ({
    key,
    name,
    share: String(share),
    targets: fieldsOfTargets(targets),
  }))
  return { strategy: 'ab', targets: [], variants }
}

const fieldsOfTargets = (targets: readonly PolicyTarget[]): TargetFields[] =>
  targets.map(({ model, weight, priority, enabled, maxOutputTokens }, key) => ({
    key,
    model,
    weight: String(weight),
    priority: String(priority),
    enabled,
    maxOutputTokens: String(maxOutputTokens ?? ''),
  }))

function limitFieldsOf(policy: Policy | undefined): LimitFields {
  const { retries, timeouts, hedge } = policy ?? {}
  return {
    failovers: String(retries?.failovers ?? 3),
    sameTarget: String(retries?.sameTarget ?? 0),
    maxWaitMs: String(retries?.maxWaitMs ?? 5000),
    firstTokenMs: String(timeouts?.firstTokenMs ?? ''),
    idleMs: String(timeouts?.idleMs ?? ''),
    totalMs: String(timeouts?.totalMs ?? ''),
    hedges: Boolean(hedge),
    hedgeAfterMs: String(hedge?.afterMs ?? 1500),
  }
}

/** The policy of the fields, whole: what the API takes and checks. */
export function policyOf({ plan, rules, limits }: PolicyFields): PolicyInput {
  const times = Object.entries({
    firstTokenMs: limits.firstTokenMs,
    idleMs: limits.idleMs,
    totalMs: limits.totalMs,
  }).filter(([, value]) => value.trim() !== '')
  return {
    plan: planOf(plan),
    rules: rules.map((rule) => ({
      name: rule.name.trim(),
      when: conditionOf(rule),
      plan: planOf(rule.plan),
    })),
    retries: {
      failovers: Number(limits.failovers),
      sameTarget: Number(limits.sameTarget),
      maxWaitMs: Number(limits.maxWaitMs),
    },
    timeouts: Object.fromEntries(times.map(([name, value]) => [name, Number(value)])),
    hedge: limits.hedges ? { afterMs: Number(limits.hedgeAfterMs) } : null,
  }
}

function planOf({ strategy, targets, variants }: PlanFields): PolicyPlan {
  if (strategy !== 'ab') return { strategy, targets: targets.map(targetOf) }
  return {
    strategy,
    variants: variants.map((variant) => ({
      name: variant.name.trim(),
      share: Number(variant.share),
      targets: variant.targets.map(targetOf),
    })),
  }
}

const targetOf = ({ model, weight, priority, enabled, maxOutputTokens }: TargetFields): PolicyTarget => ({
  model,
  weight: Number(weight),
  priority: Number(priority),
  enabled,
  ...(maxOutputTokens.trim() === '' ? {} : { maxOutputTokens: Number(maxOutputTokens) }),
})

/** Lines without a name say nothing; lists without a member are no condition. */
function conditionOf({ metadata, personIds, teamIds, keyIds }: RuleFields): PolicyCondition {
  const named = metadata.filter(({ name }) => name.trim() !== '')
  const values = Map.groupBy(named, ({ name }) => name.trim())
  return {
    ...(values.size > 0 && {
      metadata: Object.fromEntries(
        [...values].map(([name, lines]) => [name, lines.map(({ value }) => value)]),
      ),
    }),
    ...(personIds.length > 0 && { personIds }),
    ...(teamIds.length > 0 && { teamIds }),
    ...(keyIds.length > 0 && { keyIds }),
  }
}

/** Whether a rule would hold for every call, so that nothing after it is ever asked. */
export const holdsAlways = (rule: RuleFields): boolean => Object.keys(conditionOf(rule)).length === 0
