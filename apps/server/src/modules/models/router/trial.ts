import type { ModelCall } from '../types.ts'
import type { Guide } from '../guide/guide.ts'
import { attemptLocal } from './attempt-local.ts'
import { attemptRemote, type AttemptEnd } from './attempt.ts'
import { costNanoUsd } from './cost.ts'
import type { Deployment, RemoteDeployment, Target } from './deployment.ts'
import { measure, nothingUsed, wasRefused, type Measured } from './estimate.ts'
import type { Ledger } from './ledger.ts'
import { reserve } from './money.ts'
import { outboundOf, type Outbound } from './outbound.ts'
import { Seen } from './seen.ts'
import type { Gate } from './sink.ts'
import type { Upstream } from './upstream.ts'
import type { WarmPrompts } from './warm-prompts.ts'
import type { Timeouts } from './watchdog.ts'

/** One attempt with everything that follows from it. */
export interface Tried {
  readonly deployment: Deployment
  readonly end: AttemptEnd
  readonly seen: Seen
  readonly measured: Measured
  readonly costNanoUsd: bigint | null
  readonly heldNanoUsd: bigint | null
  readonly ms: number
  /** Another attempt was faster. */
  readonly overtaken: boolean
}

export interface TrialTools {
  readonly upstream: Upstream
  readonly guide: Guide
  readonly ledger: Ledger | undefined
  readonly warm: WarmPrompts
}

export interface Trial {
  readonly call: ModelCall
  readonly target: Target
  readonly callId: string
  /** From 1, growing with every attempt of the call. */
  readonly attempt: number
  /** What the call is, as JSON. */
  readonly about: string
  readonly gate: Gate
  readonly timeouts: Timeouts
  readonly signal: AbortSignal
}

/**
 * Reserves the money, calls a deployment once, measures, settles and tells the deployment's breaker.
 * @throws AppError BUDGET_EXHAUSTED, PRICE_UNKNOWN, or what the ledger fails with; nothing has been called then
 */
export function tryOnce(tools: TrialTools, trial: Trial): Promise<Tried> {
  const { deployment } = trial.target
  return deployment.kind === 'local'
    ? tryLocal(tools, trial, deployment)
    : tryRemote(tools, trial, deployment)
}

async function tryLocal({ guide }: TrialTools, trial: Trial, deployment: Deployment): Promise<Tried> {
  const seen = new Seen()
  const end = await attemptLocal(guide, trial.call, trial.signal, trial.gate.sinkOf(deployment), seen)
  return triedOf(trial, deployment, end, seen, 0n)
}

async function tryRemote(tools: TrialTools, trial: Trial, deployment: RemoteDeployment): Promise<Tried> {
  const { call, target, callId, attempt, about, timeouts, signal } = trial
  const reserving = reserve(tools.ledger, call, {
    deployment,
    callId,
    attempt,
    about,
    targetLimit: target.maxOutputTokens,
  })
  const { hold, limit, allowance } = reserving instanceof Promise ? await reserving : reserving
  const { health } = deployment
  const seen = new Seen()
  const sink = trial.gate.sinkOf(deployment)
  let tried: Tried | undefined
  const begunAt = health.began()
  try {
    const outbound: Outbound = outboundOf(call, deployment, limit)
    const end = await attemptRemote(deployment, outbound, {
      upstream: tools.upstream,
      timeouts,
      signal,
      sink,
      seen,
      allowance,
    })
    tried = triedOf(trial, deployment, end, seen, hold?.nanoUsd ?? null)
    if (end.kind === 'finished') tools.warm.noted(call, deployment.name, tried.measured.usage)
    return tried
  } finally {
    health.ended({
      begunAt,
      end: tried?.end ?? { kind: 'aborted', usage: undefined },
      firstTokenMs: seen.firstContentMs,
      firstTokenLimitMs: timeouts.firstTokenMs,
    })
    hold?.settle({
      // Whatever broke on our side: a provider that was asked may charge for it.
      costNanoUsd: tried ? tried.costNanoUsd : seen.isSent ? null : 0n,
      status: tried?.end.kind ?? 'failed',
      estimated: tried?.measured.estimated ?? false,
    })
  }
}

function triedOf(
  { call, gate }: Trial,
  deployment: Deployment,
  end: AttemptEnd,
  seen: Seen,
  heldNanoUsd: bigint | null,
): Tried {
  const isRefused = end.kind !== 'finished' && wasRefused(end, seen)
  const measured = isRefused ? nothingUsed() : measuredOf(end, seen, call)
  return {
    deployment,
    end,
    seen,
    measured,
    // Known even where the price is not.
    costNanoUsd: isRefused ? 0n : costNanoUsd(measured.usage, deployment.price),
    heldNanoUsd,
    ms: performance.now() - seen.begunAt,
    overtaken: end.kind === 'aborted' && gate.winner !== undefined && gate.winner !== deployment,
  }
}

/** A provider that refused charges nothing; one that was cut off, or whose fate is unknown, may have. */
function measuredOf(end: AttemptEnd, seen: Seen, call: ModelCall): Measured {
  if (end.kind === 'finished') return measure(end.finish.usage, true, seen.meter, call)
  const isComplete = end.kind === 'aborted' && end.isComplete === true
  return measure(end.usage, isComplete, seen.meter, call)
}
