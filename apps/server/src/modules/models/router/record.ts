import type { FidelityReport, Finish, Usage } from '@atrium/wire'
import { AppError } from '#platform/errors'
import type {
  Attempt,
  CallError,
  CallErrorCode,
  CallResult,
  Candidate,
  ModelCall,
  ReplyPart,
  Why,
} from '../types.ts'
import type { AttemptEnd } from './attempt.ts'
import { costNanoUsd } from './cost.ts'
import type { Deployment } from './deployment.ts'
import { measure, nothingUsed, OutputMeter, type Measured } from './estimate.ts'
import { callErrorOf } from './faults.ts'
import type { Timeouts } from './watchdog.ts'

interface Birth {
  readonly id: string
  readonly createdAt: Date
  readonly timeouts: Timeouts
}

const internalError: CallError = {
  code: 'INTERNAL_ERROR',
  message: 'Something went wrong on our side.',
  retryable: true,
  status: null,
  retryAfterMs: null,
}

const ownCodes: ReadonlyMap<string, CallErrorCode> = new Map<string, CallErrorCode>([
  ['MODEL_NOT_FOUND', 'MODEL_NOT_FOUND'],
  ['MODEL_DISABLED', 'MODEL_DISABLED'],
  ['CONNECTION_DISABLED', 'CONNECTION_DISABLED'],
  ['SECRET_UNREADABLE', 'CONNECTION_KEY_UNREADABLE'],
  ['DATABASE_ERROR', 'SERVICE_UNAVAILABLE'],
])

/** Everything that one call leaves behind: what was chosen, tried, seen, used and charged. */
export class CallRecord {
  readonly id: string
  readonly createdAt: Date
  readonly #call: ModelCall
  readonly #timeouts: Timeouts
  readonly #begun = performance.now()
  readonly #meter = new OutputMeter()
  readonly #attempts: Attempt[] = []
  #candidates: readonly Candidate[] = []
  #fidelity: FidelityReport = []
  #deployment: Deployment | undefined
  #firstTokenMs: number | null = null
  #end: AttemptEnd | undefined
  #error: CallError | null = null
  #measured: Measured = nothingUsed()
  responseId: string | null = null
  responseModel: string | null = null

  constructor(call: ModelCall, { id, createdAt, timeouts }: Birth) {
    this.#call = call
    this.id = id
    this.createdAt = createdAt
    this.#timeouts = timeouts
  }

  get deployment(): Deployment | undefined {
    return this.#deployment
  }

  get usage(): Usage {
    return this.#measured.usage
  }

  get isKnownError(): boolean {
    return this.#error !== null && this.#error.code !== 'INTERNAL_ERROR'
  }

  considered(candidates: readonly Candidate[]): void {
    this.#candidates = candidates
  }

  chose(deployment: Deployment): void {
    this.#deployment = deployment
  }

  encoded(fidelity: FidelityReport): void {
    this.#fidelity = fidelity
  }

  /** The listener that is given to an attempt: it times and counts before it hands on. */
  metered(onParts: (parts: ReplyPart[]) => void): (parts: ReplyPart[]) => void {
    return (parts) => {
      for (const part of parts) {
        if (part.type === 'response-start') {
          this.responseId = part.id
          this.responseModel = part.model
        } else {
          this.#firstTokenMs ??= this.#elapsedMs()
          this.#meter.add(part)
        }
      }
      onParts(parts)
    }
  }

  attempted(deployment: Deployment, end: AttemptEnd, ms: number): void {
    this.#attempts.push({
      deployment: deployment.name,
      ms: Math.round(ms),
      outcome: end.kind === 'failed' ? this.#errorOf(end, deployment).code : end.kind,
      status: end.kind === 'failed' ? (end.fault.error.status ?? null) : null,
      sent: end.kind === 'failed' ? end.fault.sent : true,
    })
  }

  ended(end: AttemptEnd, deployment: Deployment): void {
    this.#end = end
    this.#error = end.kind === 'failed' ? this.#errorOf(end, deployment) : null
    this.#measured = this.#measure(end)
  }

  /** Something other than the provider failed: the model could not be resolved, or we have a bug. */
  broke(thrown: unknown): void {
    const code = thrown instanceof AppError ? ownCodes.get(thrown.code) : undefined
    this.#error =
      thrown instanceof AppError && code
        ? {
            ...internalError,
            code,
            message: ownMessage(code, thrown),
            retryable: code === 'SERVICE_UNAVAILABLE',
          }
        : internalError
    if (this.#call.signal.aborted) this.#end = { kind: 'aborted', usage: undefined }
  }

  result(): CallResult {
    const { usage, estimated } = this.#measured
    const finish = this.#end?.kind === 'finished' ? this.#end.finish : undefined
    return {
      callId: this.id,
      status: this.#end?.kind ?? 'failed',
      finishReason: finish ? reasonOf(finish) : null,
      usage: { input: usage.input, output: usage.output, estimated },
      costNanoUsd: this.#deployment ? costNanoUsd(usage, this.#deployment.price) : 0n,
      firstTokenMs: this.#firstTokenMs,
      totalMs: this.#elapsedMs(),
      error: this.#end && this.#end.kind !== 'failed' ? null : this.#error,
      why: this.#why(),
    }
  }

  #why(): Why {
    return {
      model: this.#call.model,
      policy: 'single',
      candidates: this.#candidates,
      chosen: this.#deployment?.name ?? null,
      attempts: this.#attempts,
      fidelity: this.#fidelity.map(({ feature, action }) => ({ feature, action })),
      timeouts: { ...this.#timeouts },
    }
  }

  /** A provider that refused charges nothing; one that was cut off, or whose fate is unknown, may have. */
  #measure(end: AttemptEnd): Measured {
    if (end.kind === 'finished') return measure(end.finish.usage, true, this.#meter, this.#call.request)
    const refused =
      end.kind === 'failed' &&
      this.#firstTokenMs === null &&
      (!end.fault.sent || end.fault.error.status !== undefined)
    return refused ? nothingUsed() : measure(end.usage, false, this.#meter, this.#call.request)
  }

  #errorOf(end: Extract<AttemptEnd, { kind: 'failed' }>, deployment: Deployment): CallError {
    if (deployment.kind === 'local') return internalError
    const { connectionName, upstreamId, key } = deployment
    return callErrorOf(end.fault, {
      connection: connectionName,
      model: upstreamId,
      secret: key?.reveal() ?? null,
    })
  }

  #elapsedMs(): number {
    return Math.round(performance.now() - this.#begun)
  }
}

function reasonOf({ reason }: Finish): NonNullable<CallResult['finishReason']> {
  return { unified: reason.unified, raw: reason.raw }
}

function ownMessage(code: CallErrorCode, error: AppError): string {
  return code === 'CONNECTION_KEY_UNREADABLE'
    ? 'The stored key of this connection cannot be read. Enter it again in Settings › Models.'
    : error.message
}
