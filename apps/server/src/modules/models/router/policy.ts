import type { PolicyCondition } from '@atrium/contract'
import { usageOf } from '@atrium/wire'
import type { Candidate } from '../types.ts'
import { costNanoUsd } from './cost.ts'
import type { Plan, Route, Target, Variant } from './deployment.ts'
import { unitHash } from './hash.ts'
import type { CoolingReason } from './health.ts'
import type { WarmPrompts } from './warm-prompts.ts'

/** What a policy may look at. */
export interface Question {
  readonly workspaceId: string
  readonly personId: string
  readonly keyId: string | null
  readonly teamIds: readonly string[]
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly affinity: string | undefined
  /** Asked only where it matters: it may cost a look at the whole request. */
  readonly inputTokens: () => number
  readonly maxOutputTokens: number | undefined
}

/** In which order targets are called, and why others are not. */
export interface Choice {
  readonly order: readonly Target[]
  readonly candidates: readonly Candidate[]
  readonly strategy: string
  readonly rule: string | null
  readonly variant: string | null
  /** When nothing can be called: how long until something can. */
  readonly retryAfterMs: number | null
}

export interface ChoiceTools {
  readonly random: () => number
  readonly warm: WarmPrompts
}

interface Scored {
  readonly target: Target
  readonly score: number | null
}

/** The policy of a model over its targets, as things stand now. A model that was named itself is always called. */
export function choose(route: Route, question: Question, tools: ChoiceTools): Choice {
  if (!route.alias) return single(route.plan)
  const rule = route.rules.find(({ when }) => holds(when, question))
  const plan = rule?.plan ?? route.plan
  const variant = plan.variants.length > 0 ? variantOf(plan.variants, question, tools) : null
  const scored = variant
    ? [
        ...byPriority(variant.targets, tools),
        ...byPriority(
          plan.targets.filter((target) => !variant.targets.includes(target)),
          tools,
        ),
      ]
    : ordered(plan, question, tools)
  return {
    ...sorted(scored, question, plan),
    strategy: plan.strategy,
    rule: rule?.name ?? null,
    variant: variant?.name ?? null,
  }
}

function single(plan: Plan): Choice {
  return {
    order: plan.targets,
    candidates: plan.targets.map(({ deployment }) => ({
      deployment: deployment.name,
      passedOver: null,
      score: null,
    })),
    strategy: 'single',
    rule: null,
    variant: null,
    retryAfterMs: null,
  }
}

/** Whether a call is one of those that a rule is for. */
function holds(when: PolicyCondition, question: Question): boolean {
  const { metadata, personIds, teamIds, keyIds } = when
  if (personIds && !personIds.includes(question.personId)) return false
  if (keyIds && (question.keyId === null || !keyIds.includes(question.keyId))) return false
  if (teamIds && !teamIds.some((id) => question.teamIds.includes(id))) return false
  return Object.entries(metadata ?? {}).every(([name, values]) => {
    const given = question.metadata?.[name]
    return given !== undefined && values.includes(given)
  })
}

function ordered(plan: Plan, question: Question, tools: ChoiceTools): Scored[] {
  const { targets } = plan
  switch (plan.strategy) {
    case 'weighted':
      return byDraw(targets, tools.random)
    case 'sticky': {
      const key = question.affinity ?? question.personId
      return byDraw(targets, (target) => unitHash(`${key} ${target.deployment.name}`))
    }
    case 'least-latency':
      return byScore(targets, latencyOf, tools)
    case 'least-cost':
      return byScore(targets, (target) => expectedCost(target, question, tools.warm), tools)
    default:
      return byPriority(targets, tools)
  }
}

/** Lower priorities first; within one, drawn by weight. */
function byPriority(targets: readonly Target[], { random }: ChoiceTools): Scored[] {
  return byDraw(targets, random)
    .map(({ target }) => ({ target, score: target.priority }))
    .toSorted((a, b) => a.score - b.score)
}

/**
 * Weighted order without replacement: each target draws `-ln(u) / weight`, the smallest comes first (Efraimidis and
 * Spirakis, 2006). With a draw that depends on a key alone it is weighted rendezvous hashing: a target that comes or
 * goes moves only its own share of keys.
 */
function byDraw(targets: readonly Target[], draw: (target: Target) => number): Scored[] {
  return targets
    .map((target) => ({ target, score: -Math.log(Math.max(draw(target), Number.MIN_VALUE)) / target.weight }))
    .toSorted((a, b) => a.score - b.score)
}

function byScore(
  targets: readonly Target[],
  scoreOf: (target: Target) => number,
  { random }: ChoiceTools,
): Scored[] {
  return byDraw(targets, random)
    .map(({ target }) => ({ target, score: scoreOf(target) }))
    .toSorted((a, b) => a.score - b.score)
}

const latencyOf = ({ deployment }: Target): number =>
  deployment.kind === 'remote' ? deployment.health.loadScore : 0

/** A reply of common length, where the request does not say. */
const usualOutputTokens = 500

/** What the call would cost in nano-USD, with what this affinity has in the target's prompt cache. Unknown comes last. */
function expectedCost(target: Target, question: Question, warm: WarmPrompts): number {
  const { deployment } = target
  const input = question.inputTokens()
  const cached = Math.min(input, warm.tokensOf(question, deployment.name))
  const text = Math.min(usualOutputTokens, question.maxOutputTokens ?? Infinity)
  const usage = usageOf({ uncached: input - cached, cacheRead: cached, text }, null)
  const cost = costNanoUsd(usage, deployment.price)
  return cost === null ? Number.MAX_SAFE_INTEGER : Number(cost)
}

/** One side of a comparison, the same for all calls of an affinity or, without one, of a person. */
function variantOf(variants: readonly Variant[], question: Question, tools: ChoiceTools): Variant | null {
  const total = variants.reduce((sum, { share }) => sum + share, 0)
  const key = question.affinity ?? question.personId
  let point = (key === '' ? tools.random() : unitHash(`ab ${key}`)) * total
  for (const variant of variants) {
    point -= variant.share
    if (point < 0) return variant
  }
  return variants.findLast(({ share }) => share > 0) ?? null
}

const coolingWords: Readonly<Record<CoolingReason, string>> = {
  'rate-limit': 'the provider limits requests',
  quota: 'the provider’s account has no credit left',
  overloaded: 'the provider is overloaded',
  failing: 'it failed too often',
  slow: 'it answers too slowly',
  'refuses-us': 'the provider refuses the key or does not know the model',
}

/** Asking these sooner than they want helps nobody; what only failed may be tried when nothing else is left. */
const mustWait: ReadonlySet<CoolingReason> = new Set<CoolingReason>(['rate-limit', 'quota'])

/** Puts what can be called now before what is only a last resort, and says why the rest is passed over. */
function sorted(
  scored: readonly Scored[],
  question: Question,
  { missing }: Plan,
): Pick<Choice, 'order' | 'candidates' | 'retryAfterMs'> {
  const order: Target[] = []
  const resort: { target: Target; ms: number }[] = []
  const candidates: Candidate[] = []
  let retryAfterMs: number | null = null
  for (const { target, score } of scored) {
    const { deployment } = target
    const cooling = deployment.kind === 'remote' ? deployment.health.cooling() : null
    const passedOver = isTooLong(target, question)
      ? 'the request is longer than its context'
      : cooling && `${coolingWords[cooling.reason]}; left alone for ${Math.ceil(cooling.ms / 1000)} s`
    candidates.push({ deployment: deployment.name, passedOver, score: finite(score) })
    if (passedOver === null) order.push(target)
    else if (cooling && !mustWait.has(cooling.reason)) resort.push({ target, ms: cooling.ms })
    if (cooling) retryAfterMs = Math.min(retryAfterMs ?? Infinity, cooling.ms)
  }
  for (const { name, reason } of missing)
    candidates.push({ deployment: name, passedOver: reason, score: null })
  const last = order.length === 0 ? resort.toSorted((a, b) => a.ms - b.ms).slice(0, 1) : []
  return {
    order: last.length > 0 ? last.map(({ target }) => target) : order,
    candidates,
    retryAfterMs: order.length + last.length === 0 ? retryAfterMs : null,
  }
}

function isTooLong({ deployment }: Target, question: Question): boolean {
  const window = deployment.kind === 'remote' ? deployment.facts.contextWindow : undefined
  // The estimate is rough: only what is clearly too long is kept away.
  return window !== undefined && question.inputTokens() > window * 1.5
}

const finite = (score: number | null): number | null =>
  score === null || !Number.isFinite(score) ? null : Number(score.toPrecision(6))
