import type { FidelityReport, Finish, ModelError, Usage } from '@atrium/wire'
import type { Attempt, CallError, CallResult, ModelCall, Why } from '../types.ts'
import { callErrorOf } from './faults.ts'
import { nothingUsed, type Measured } from './estimate.ts'
import type { Deployment, Route } from './deployment.ts'
import { internalError, ownError } from './own-errors.ts'
import type { Choice } from './policy.ts'
import type { Beginning } from './sink.ts'
import type { Tried } from './trial.ts'
import type { Timeouts } from './watchdog.ts'

interface Birth {
  readonly id: string
  readonly createdAt: Date
  readonly timeouts: Timeouts
}

/** Everything that one call leaves behind: what was chosen, tried, seen, used and charged. */
export class CallRecord {
  readonly id: string
  readonly createdAt: Date
  readonly #call: Pick<ModelCall, 'model' | 'signal'>
  readonly #begunAt = performance.now()
  readonly #attempts: Attempt[] = []
  readonly #attemptsBegunMs: number[] = []
  #timeouts: Timeouts
  #begunAttempts = 0
  #route: Route | undefined
  #choice: Choice | undefined
  #last: Tried | undefined
  #begun: { deployment: Deployment; beginning: Beginning; at: number } | undefined
  #error: CallError | null = null
  #failure: ModelError | null = null
  #isAborted = false
  #cost: bigint | null = 0n
  #lost: bigint | null = 0n
  #stopped: string | null = null
  #fidelity: FidelityReport = []
  /** What has broken the call, for the log. */
  thrown: unknown = undefined

  constructor(call: Pick<ModelCall, 'model' | 'signal'>, { id, createdAt, timeouts }: Birth) {
    this.#call = call
    this.id = id
    this.createdAt = createdAt
    this.#timeouts = timeouts
  }

  /**
   * The one that has answered, or was asked last. A call that named a model itself and was refused before anybody was
   * asked belongs to that model all the same.
   */
  get deployment(): Deployment | undefined {
    return this.#asked ?? (this.#route?.alias === null ? this.#route.plan.targets[0]?.deployment : undefined)
  }

  get #asked(): Deployment | undefined {
    return this.#begun?.deployment ?? this.#last?.deployment
  }

  get route(): Route | undefined {
    return this.#route
  }

  /** Numbers attempts from 1. */
  nextAttempt(): number {
    this.#begunAttempts += 1
    return this.#begunAttempts
  }

  /** When each attempt that is over had begun, in milliseconds since the call did. */
  get attemptsBegunMs(): readonly number[] {
    return this.#attemptsBegunMs
  }

  /** How long the call has lasted so far, in milliseconds. */
  get ageMs(): number {
    return performance.now() - this.#begunAt
  }

  get hasBegun(): boolean {
    return this.#begun !== undefined
  }

  get usage(): Usage {
    return this.#measured.usage
  }

  /** Of attempts whose answer nobody saw; a part of the cost. */
  get lostNanoUsd(): bigint | null {
    return this.#lost
  }

  get responseId(): string | null {
    return this.#last?.seen.responseId ?? null
  }

  get responseModel(): string | null {
    return this.#last?.seen.responseModel ?? null
  }

  get isOurFault(): boolean {
    return this.#error?.code === 'INTERNAL_ERROR'
  }

  considered(route: Route, choice: Choice, timeouts: Timeouts): void {
    this.#route = route
    this.#choice = choice
    this.#timeouts = timeouts
  }

  begins(deployment: Deployment, beginning: Beginning): void {
    this.#begun = { deployment, beginning, at: performance.now() }
  }

  /** One attempt is over. The one that counts is told last. */
  tried(tried: Tried, hedge: boolean): void {
    const { end, deployment, seen, costNanoUsd } = tried
    const isOurs = this.#begun === undefined || this.#begun.deployment === deployment
    if (isOurs || this.#last === undefined) {
      if (this.#last) this.#lost = sum(this.#lost, this.#last.costNanoUsd)
      this.#last = tried
    } else this.#lost = sum(this.#lost, costNanoUsd)
    this.#cost = sum(this.#cost, costNanoUsd)
    this.#attemptsBegunMs.push(seen.begunAt - this.#begunAt)
    this.#attempts.push({
      deployment: deployment.name,
      ms: Math.round(tried.ms),
      outcome: tried.overtaken ? 'overtaken' : end.kind === 'failed' ? errorOf(tried).code : end.kind,
      status: end.kind === 'failed' ? (end.fault.error.status ?? null) : null,
      sent: end.kind === 'failed' ? end.fault.sent : true,
      firstTokenMs: seen.firstContentMs === null ? null : Math.round(seen.firstContentMs),
      heldNanoUsd: tried.heldNanoUsd?.toString() ?? null,
      costNanoUsd: costNanoUsd?.toString() ?? null,
      estimated: tried.measured.estimated,
      hedge,
    })
  }

  stopped(reason: string): void {
    this.#stopped = reason
  }

  lossy(fidelity: FidelityReport): void {
    this.#fidelity = fidelity
  }

  /** Something other than a provider ended the call: the model could not be resolved, no budget, or we have a bug. */
  broke(thrown: unknown): void {
    if (this.#call.signal.aborted) this.#isAborted = true
    this.thrown = thrown
    this.#error = ownError(thrown)
    this.#last = undefined
  }

  result(): CallResult {
    const last = this.#last
    const end = last?.end
    const finish = end?.kind === 'finished' ? end.finish : null
    if (end?.kind === 'failed' && last) {
      this.#error = errorOf(last)
      this.#failure = { ...end.fault.error, message: this.#error.message, raw: null }
    }
    const status = this.#isAborted ? 'aborted' : (end?.kind ?? 'failed')
    const { usage, estimated } = this.#measured
    return {
      callId: this.id,
      status,
      finishReason: finish ? reasonOf(finish) : null,
      usage: { input: usage.input, output: usage.output, estimated },
      costNanoUsd: this.#cost,
      firstTokenMs: this.#firstTokenMs(),
      totalMs: Math.round(performance.now() - this.#begunAt),
      error: status === 'failed' ? this.#error : null,
      finish,
      failure: status === 'failed' ? this.#failure : null,
      passthrough: this.#begun?.beginning.passthrough ?? false,
      terminalSent: last?.seen.terminalSent ?? false,
      why: this.#why(),
    }
  }

  get #measured(): Measured {
    return this.#last?.measured ?? unused
  }

  #firstTokenMs(): number | null {
    const at = this.#last?.seen.firstContentAt ?? null
    return at === null ? null : Math.round(at - this.#begunAt)
  }

  #why(): Why {
    const choice = this.#choice
    const fidelity = this.#begun?.beginning.fidelity ?? this.#fidelity
    return {
      model: this.#call.model,
      policy: choice?.strategy ?? 'single',
      version: this.#route?.alias?.version ?? null,
      rule: choice?.rule ?? null,
      variant: choice?.variant ?? null,
      candidates: choice?.candidates ?? [],
      chosen: this.#asked?.name ?? null,
      attempts: this.#attempts,
      stopped: this.#stopped,
      passthrough: this.#begun?.beginning.passthrough ?? false,
      fidelity: fidelity.map(({ feature, action }) => ({ feature, action })),
      timeouts: { ...this.#timeouts },
    }
  }
}

const unused = nothingUsed()

function sum(a: bigint | null, b: bigint | null): bigint | null {
  return a === null || b === null ? null : a + b
}

function errorOf({ end, deployment }: Tried): CallError {
  if (deployment.kind === 'local' || end.kind !== 'failed') return internalError
  const { connectionName, upstreamId, key } = deployment
  return callErrorOf(end.fault, {
    connection: connectionName,
    model: upstreamId,
    secret: key?.reveal() ?? null,
  })
}

function reasonOf({ reason }: Finish): NonNullable<CallResult['finishReason']> {
  return { unified: reason.unified, raw: reason.raw }
}
