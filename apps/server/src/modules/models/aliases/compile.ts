import type { Model, Policy, PolicyPlan, PolicyTarget } from '@atrium/contract'
import type { Deployment, Missing, Plan, Route, Target, Variant } from '../router/deployment.ts'
import type { ResolvedModel } from '../types.ts'
import { plansOf } from './targets.ts'

/** What a model of a policy has turned out to be. */
export type Found =
  | { readonly deployment: Deployment; readonly model: Shape }
  /** Why it cannot be called, in words. */
  | { readonly reason: string }

/** The same for those who only look. */
export type Known = { readonly model: Shape } | { readonly reason: string }

/** What callers may know of a model. */
export type Shape = Pick<ResolvedModel, 'contextTokens' | 'maxOutputTokens' | 'capabilities'>

export interface AliasHead {
  readonly id: string
  readonly name: string
  readonly version: number
}

/** A policy with its models looked up: what the router works with. */
export function routeOfPolicy(alias: AliasHead, policy: Policy, found: ReadonlyMap<string, Found>): Route {
  const { retries, timeouts, hedge } = policy
  return {
    model: resolvedAlias(alias.name, policy, found),
    alias,
    rules: policy.rules.map(({ name, when, plan }) => ({ name, when, plan: planOf(plan, found) })),
    plan: planOf(policy.plan, found),
    failovers: retries.failovers,
    sameTarget: retries.sameTarget,
    maxWaitMs: retries.maxWaitMs,
    timeouts: {
      ...(timeouts.firstTokenMs === undefined ? {} : { firstTokenMs: timeouts.firstTokenMs }),
      ...(timeouts.idleMs === undefined ? {} : { idleMs: timeouts.idleMs }),
      ...(timeouts.totalMs === undefined ? {} : { totalMs: timeouts.totalMs }),
    },
    hedgeAfterMs: hedge?.afterMs,
  }
}

function planOf(plan: PolicyPlan, found: ReadonlyMap<string, Found>): Plan {
  if (plan.strategy !== 'ab') {
    const { targets, missing } = sorted(plan.targets, found)
    return { strategy: plan.strategy, targets, missing, variants: [] }
  }
  const lists = plan.variants.map(({ name, share, targets }) => ({ name, share, ...sorted(targets, found) }))
  return {
    strategy: 'ab',
    targets: onceEach(lists.flatMap(({ targets }) => targets)),
    missing: lists.flatMap(({ missing }) => missing),
    variants: lists.map(({ name, share, targets }): Variant => ({ name, share, targets })),
  }
}

function sorted(
  given: readonly PolicyTarget[],
  found: ReadonlyMap<string, Found>,
): { targets: Target[]; missing: Missing[] } {
  const targets: Target[] = []
  const missing: Missing[] = []
  for (const { model, weight, priority, enabled, maxOutputTokens } of given) {
    const known = found.get(model) ?? { reason: 'there is no such model' }
    if (!enabled) missing.push({ name: model, reason: 'switched off in the policy' })
    else if ('reason' in known) missing.push({ name: model, reason: known.reason })
    else targets.push({ deployment: known.deployment, weight, priority, maxOutputTokens })
  }
  return { targets, missing }
}

/** The same deployment may stand in several variants. */
function onceEach(targets: readonly Target[]): Target[] {
  return [...new Map(targets.map((target) => [target.deployment.name, target])).values()]
}

/** The models that the policy may call as things stand. */
export function shapesOf(policy: Policy, found: ReadonlyMap<string, Known>): Shape[] {
  const names = new Set(
    plansOf(policy).flatMap(({ plan }) =>
      (plan.strategy === 'ab' ? plan.variants.flatMap(({ targets }) => targets) : plan.targets)
        .filter(({ enabled }) => enabled)
        .map(({ model }) => model),
    ),
  )
  return [...names].flatMap((name) => {
    const known = found.get(name)
    return known && 'model' in known ? [known.model] : []
  })
}

/** What every model behind an alias can do: callers cannot know which one answers. */
export function commonShape(shapes: readonly Shape[]): Shape {
  const all = (name: keyof Model['capabilities']): boolean =>
    shapes.length > 0 && shapes.every(({ capabilities }) => capabilities[name])
  return {
    contextTokens: least(shapes.map(({ contextTokens }) => contextTokens)),
    maxOutputTokens: least(shapes.map(({ maxOutputTokens }) => maxOutputTokens)),
    capabilities: {
      chat: shapes.every((shape) => shape.capabilities.chat),
      images: all('images'),
      tools: all('tools'),
      thinking: all('thinking'),
      thinkingToggle: all('thinkingToggle'),
    },
  }
}

function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.min(...known)
}

function resolvedAlias(name: string, policy: Policy, found: ReadonlyMap<string, Found>): ResolvedModel {
  return {
    id: name,
    name,
    connectionId: null,
    connectionName: aliasGroup,
    upstreamId: name,
    dialect: null,
    ...commonShape(shapesOf(policy, found)),
    label: null,
  }
}

/** Under which aliases stand in lists of models. */
export const aliasGroup = 'Aliases'
