import { setTimeout as sleep } from 'node:timers/promises'
import { modelErrors } from '../errors.ts'
import type { CallListener, ModelCall } from '../types.ts'
import { aboutOf } from './call-row.ts'
import type { Route, Target } from './deployment.ts'
import { raceWithHedge } from './hedge.ts'
import { inputCeiling } from './money.ts'
import { mayFailOver, mayRepeat, mayTryAgain } from './network-errors.ts'
import { lossesOf, outboundOf } from './outbound.ts'
import { choose, type Choice, type Question } from './policy.ts'
import type { CallRecord } from './record.ts'
import type { Resolver } from './resolver.ts'
import type { RetryBudget } from './retry-budget.ts'
import { Gate } from './sink.ts'
import { tryOnce, type Tried, type TrialTools } from './trial.ts'
import type { Timeouts } from './watchdog.ts'

export interface RunTools extends TrialTools {
  readonly resolver: Resolver
  readonly budget: RetryBudget
  readonly timeouts: Timeouts
  /** 0 to 1, for draws and for the jitter of retries. */
  readonly random: () => number
}

const retryMs = 150

/** One call on its way through its candidates. */
interface Run {
  readonly tools: RunTools
  readonly call: ModelCall
  readonly record: CallRecord
  readonly route: Route
  readonly gate: Gate
  readonly timeouts: Timeouts
}

/**
 * Calls the candidates in turn until one has begun to answer, or none is left, or further attempts are not worth it.
 * @throws AppError when nobody can be called
 */
export async function runCall(
  tools: RunTools,
  call: ModelCall,
  record: CallRecord,
  listener: CallListener,
): Promise<void> {
  const known = tools.resolver.route(call.workspaceId, call.model)
  const route = known instanceof Promise ? await known : known
  const choice = choose(route, questionOf(call), tools)
  const timeouts = { ...tools.timeouts, ...route.timeouts }
  record.considered(route, choice, timeouts)
  const order = call.strict ? lossless(call, choice, record) : choice.order
  if (order.length === 0) throw modelErrors.nothingAvailable(call.model, choice.retryAfterMs)
  tools.budget.earn()
  const gate = new Gate(listener, record.id, (deployment, beginning) => record.begins(deployment, beginning))
  await callInTurn({ tools, call, record, route, gate, timeouts }, order)
}

async function callInTurn(run: Run, order: readonly Target[]): Promise<void> {
  const { record, route, tools } = run
  const last = Math.min(order.length - 1, route.failovers)
  for (let place = 0; place <= last; place += 1) {
    const target = order[place]
    if (!target) return
    const spare = order[place + 1]
    const tried = await callOne(run, target, place < last ? spare : undefined, place === last)
    if (!mayFailOver(tried.end, record.hasBegun)) return
    if (place === last) return
    if (!tools.budget.take()) return record.stopped('the budget for further attempts is used up')
    if (isOver(run)) return record.stopped('the deadline has passed')
  }
}

/** Calls one target, beside a second one where hedging is asked for, and again where that is safe. */
async function callOne(run: Run, target: Target, spare: Target | undefined, isLast: boolean): Promise<Tried> {
  const { tools, call, record, route } = run
  for (let tries = 0; ; tries += 1) {
    const tried = await attempt(run, target, spare)
    const { end } = tried
    if (end.kind !== 'failed' || record.hasBegun || call.signal.aborted || !isLast) return tried
    const unsent = mayTryAgain(end.fault) && tries === 0
    if (!unsent && !(mayRepeat(end.fault) && tries < route.sameTarget)) return tried
    const jitter = 1 + tools.random()
    const waitMs = Math.max(end.fault.error.retryAfterMs ?? 0, retryMs * 2 ** tries) * jitter
    if (waitMs > route.maxWaitMs * 2 || isOver(run, waitMs)) return tried
    if (!tools.budget.take()) {
      record.stopped('the budget for further attempts is used up')
      return tried
    }
    await sleep(waitMs, undefined, { signal: call.signal }).catch(() => undefined)
    if (call.signal.aborted) return tried
  }
}

function attempt(run: Run, target: Target, spare: Target | undefined): Promise<Tried> {
  const { call, route } = run
  const afterMs = call.hedgeAfterMs ?? route.hedgeAfterMs
  if (afterMs === undefined || spare === undefined) return sendTo(run, target, call.signal, false)
  return raceWithHedge({
    signal: call.signal,
    afterMs,
    mayHedge: () => run.gate.winner === undefined && !isOver(run) && run.tools.budget.take(),
    first: (signal) => sendTo(run, target, signal, false),
    second: (signal) => sendTo(run, spare, signal, true),
    gate: run.gate,
    other: spare.deployment,
  })
}

async function sendTo(run: Run, target: Target, signal: AbortSignal, hedge: boolean): Promise<Tried> {
  const { tools, call, record, gate, timeouts } = run
  if (isOver(run)) throw modelErrors.deadlinePassed()
  const trial = {
    call,
    target,
    callId: record.id,
    attempt: record.nextAttempt(),
    about: aboutOf(call, record, target.deployment),
    gate,
    timeouts: untilDeadline(timeouts, call.deadline),
    signal,
  }
  const tried = await tryOnce(tools, trial)
  record.tried(tried, hedge)
  return tried
}

function isOver({ call }: Run, waitMs = 0): boolean {
  return call.deadline !== undefined && performance.now() + waitMs >= call.deadline
}

/** No attempt lasts beyond the deadline of its call. */
export function untilDeadline(timeouts: Timeouts, deadline: number | undefined): Timeouts {
  if (deadline === undefined) return timeouts
  const totalMs = Math.min(timeouts.totalMs, Math.max(1, deadline - performance.now()))
  return { ...timeouts, totalMs }
}

/** Leaves the targets that lose nothing of the request. @throws AppError FIDELITY_LOSS when none does */
function lossless(call: ModelCall, choice: Choice, record: CallRecord): Target[] {
  let loss: ReturnType<typeof lossesOf> = []
  const kept = choice.order.filter(({ deployment }) => {
    if (deployment.kind === 'local') return true
    const { fidelity } = outboundOf(call, deployment, undefined)
    const losses = lossesOf(fidelity)
    if (losses.length > 0 && loss.length === 0) loss = losses
    return losses.length === 0
  })
  if (kept.length > 0 || loss.length === 0) return kept
  record.lossy(loss)
  throw modelErrors.fidelityLoss(loss)
}

/** What a policy may look at, of a call. */
export function questionOf(call: ModelCall): Question {
  let tokens: number | undefined
  return {
    workspaceId: call.workspaceId,
    personId: call.personId,
    keyId: call.payer?.keyId ?? null,
    teamIds: call.payer?.teamIds ?? [],
    metadata: call.metadata,
    affinity: call.affinity,
    inputTokens: () => (tokens ??= inputCeiling(call)),
    maxOutputTokens: call.raw ? call.raw.maxOutputTokens : undefined,
  }
}
