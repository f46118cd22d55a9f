import type { Clock } from '#platform/clock'
import type { AttemptEnd } from './attempt.ts'

/** Why a deployment is left alone. */
export type CoolingReason = 'rate-limit' | 'quota' | 'overloaded' | 'failing' | 'slow' | 'refuses-us'

/** `open`: left alone until a time. `half-open`: that time has passed, and one call tries whether it works again. */
export type BreakerState = 'closed' | 'open' | 'half-open'

export interface HealthView {
  readonly state: BreakerState
  readonly coolingReason: CoolingReason | null
  /** Milliseconds from now; null when it may be called. */
  readonly coolingMs: number | null
  /** Time to first token: jumps up with a slow answer, sinks slowly with fast ones. Null before the first answer. */
  readonly firstTokenMs: number | null
  /** Share of attempts in the last minute that failed by the deployment's fault, 0 to 1. */
  readonly errorRate: number
  readonly attempts: number
  readonly inFlight: number
  readonly consecutiveFailures: number
}

/** What an attempt tells of its deployment. */
export interface Sample {
  /** What `began` gave. */
  readonly begunAt: number
  readonly end: AttemptEnd
  readonly firstTokenMs: number | null
  readonly firstTokenLimitMs: number
}

const failuresToOpen = 5
const rateToOpen = 0.5
const leastAttempts = 20
const firstCoolMs = 5000
const longestCoolMs = 5 * 60_000
const quotaCoolMs = 10 * 60_000
const refusedCoolMs = 30_000
const limitCoolMs = 5000
const overloadedCoolMs = 2000
/** Providers ask for hours at times; they are asked again after this. */
const longestAskedMs = 60 * 60_000
const halfLifeMs = 10_000
const bucketMs = 10_000
const buckets = 6
/** An answer that took this share of what it may take counts as slow; several in a row open the breaker. */
const slowShare = 0.8

/** Live state of one deployment in this process. Nothing is shared between processes: each learns in a few calls. */
export class Health {
  readonly #clock: Clock
  inFlight = 0
  wasCalled = false
  #failures = 0
  #slow = 0
  #openings = 0
  #openUntil = 0
  #openedAt = 0
  #reason: CoolingReason | null = null
  #probing = false
  #firstTokenMs: number | null = null
  #sampledAt = 0
  readonly #good = new Uint32Array(buckets)
  readonly #bad = new Uint32Array(buckets)
  #bucket = 0
  #turnedAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Null when it may be called; otherwise why not, and for how long. While a probe is out, others wait for it. */
  cooling(): { reason: CoolingReason; ms: number } | null {
    if (this.#reason === null) return null
    const ms = this.#openUntil - this.#clock.monotonicMs()
    if (ms > 0) return { reason: this.#reason, ms }
    return this.#probing ? { reason: this.#reason, ms: 0 } : null
  }

  /** Load and latency in one figure, in milliseconds; 0 for one that nobody has tried yet. */
  get loadScore(): number {
    return this.#currentFirstToken() * (this.inFlight + 1)
  }

  /** An attempt is sent. Gives the time, which its end must name. */
  began(): number {
    this.wasCalled = true
    this.inFlight += 1
    if (this.#reason !== null) this.#probing = true
    return this.#clock.monotonicMs()
  }

  ended({ begunAt, end, firstTokenMs, firstTokenLimitMs }: Sample): void {
    this.inFlight -= 1
    this.#probing = false
    if (firstTokenMs !== null) this.#timed(firstTokenMs)
    if (end.kind === 'aborted') return
    if (end.kind === 'finished') this.#answered(begunAt, firstTokenMs, firstTokenLimitMs)
    else this.#failed(end)
  }

  view(): HealthView {
    const now = this.#clock.monotonicMs()
    this.#turn(now)
    const bad = sum(this.#bad)
    const attempts = sum(this.#good) + bad
    const coolingMs = this.#reason === null ? null : Math.max(0, Math.round(this.#openUntil - now))
    return {
      state: coolingMs === null ? 'closed' : coolingMs > 0 ? 'open' : 'half-open',
      coolingReason: this.#reason,
      coolingMs: coolingMs === 0 ? null : coolingMs,
      firstTokenMs: this.#firstTokenMs === null ? null : Math.round(this.#firstTokenMs),
      errorRate: attempts === 0 ? 0 : bad / attempts,
      attempts,
      inFlight: this.inFlight,
      consecutiveFailures: this.#failures,
    }
  }

  #answered(begunAt: number, firstTokenMs: number | null, limitMs: number): void {
    this.#turn(this.#clock.monotonicMs())
    this.#good[this.#bucket] = (this.#good[this.#bucket] ?? 0) + 1
    this.#failures = 0
    this.#slow = firstTokenMs !== null && firstTokenMs > limitMs * slowShare ? this.#slow + 1 : 0
    if (this.#slow >= failuresToOpen) this.#open('slow', this.#backoff())
    // An answer that was asked for before a limit was announced says nothing of the limit.
    else if (begunAt >= this.#openedAt) this.#close()
  }

  #failed({ fault }: Extract<AttemptEnd, { kind: 'failed' }>): void {
    const asked = Math.min(fault.error.retryAfterMs ?? 0, longestAskedMs)
    switch (fault.error.type) {
      case 'quota-exhausted':
        if (fault.stage !== 'budget') this.#open('quota', Math.max(asked, quotaCoolMs))
        return
      case 'rate-limit':
        return this.#open('rate-limit', asked || limitCoolMs)
      case 'authentication':
      case 'permission':
      case 'not-found':
        return this.#open('refuses-us', Math.max(asked, refusedCoolMs))
      case 'invalid-request':
      case 'context-length':
      case 'request-too-large':
      case 'content-filter':
      case 'cancelled':
        return
      default:
        return this.#broke(fault.error.type === 'overloaded', asked)
    }
  }

  #broke(overloaded: boolean, asked: number): void {
    this.#turn(this.#clock.monotonicMs())
    this.#bad[this.#bucket] = (this.#bad[this.#bucket] ?? 0) + 1
    this.#failures += 1
    const bad = sum(this.#bad)
    const all = bad + sum(this.#good)
    const isProbe = this.#reason !== null
    const mostFail = all >= leastAttempts && bad / all > rateToOpen
    if (isProbe || this.#failures >= failuresToOpen || mostFail)
      this.#open('failing', Math.max(asked, this.#backoff()))
    else if (overloaded) this.#open('overloaded', asked || overloadedCoolMs)
  }

  #open(reason: CoolingReason, ms: number): void {
    const now = this.#clock.monotonicMs()
    const until = now + ms
    this.#openedAt = now
    if (this.#reason !== null && until < this.#openUntil) return
    this.#reason = reason
    this.#openUntil = until
  }

  #close(): void {
    this.#reason = null
    this.#openings = 0
  }

  /** Twice as long with each opening, so that a provider that is down is asked ever less. */
  #backoff(): number {
    this.#openings = Math.min(this.#openings + 1, 10)
    return Math.min(firstCoolMs * 2 ** (this.#openings - 1), longestCoolMs)
  }

  #timed(ms: number): void {
    const now = this.#clock.monotonicMs()
    const before = this.#firstTokenMs
    if (before === null || ms >= before) this.#firstTokenMs = ms
    else {
      const weight = 2 ** (-(now - this.#sampledAt) / halfLifeMs)
      this.#firstTokenMs = Math.min(before * weight + ms * (1 - weight), before * 0.9 + ms * 0.1)
    }
    this.#sampledAt = now
  }

  /** What was slow once is tried again after a while: the figure sinks although nobody asks. */
  #currentFirstToken(): number {
    if (this.#firstTokenMs === null) return 0
    const idle = this.#clock.monotonicMs() - this.#sampledAt
    return idle < 3 * halfLifeMs ? this.#firstTokenMs : this.#firstTokenMs * 2 ** (-idle / (6 * halfLifeMs))
  }

  #turn(now: number): void {
    const bucket = Math.floor(now / bucketMs) % buckets
    const since = Math.floor(now / bucketMs) - this.#turnedAt
    for (let step = 0; step < Math.min(since, buckets); step += 1) {
      const place = (bucket - step + buckets) % buckets
      this.#good[place] = 0
      this.#bad[place] = 0
    }
    this.#turnedAt = Math.floor(now / bucketMs)
    this.#bucket = bucket
  }
}

const sum = (counts: Uint32Array): number => counts.reduce((total, count) => total + count, 0)

/** The state of every deployment that this process has met. */
export interface HealthBook {
  of(workspaceId: string, deployment: string): Health
  /** Those of a workspace that have been called, by name. */
  list(workspaceId: string): { deployment: string; view: HealthView }[]
}

const mostKept = 20_000

export function createHealthBook(clock: Clock): HealthBook {
  const known = new Map<string, Health>()
  return {
    of: (workspaceId, deployment) => {
      const key = `${workspaceId} ${deployment}`
      const found = known.get(key)
      if (found) return found
      if (known.size >= mostKept) known.delete(known.keys().next().value ?? '')
      const health = new Health(clock)
      known.set(key, health)
      return health
    },
    list: (workspaceId) =>
      [...known]
        .filter(([key, health]) => key.startsWith(workspaceId) && health.wasCalled)
        .map(([key, health]) => ({ deployment: key.slice(workspaceId.length + 1), view: health.view() }))
        .toSorted((a, b) => (a.deployment < b.deployment ? -1 : 1)),
  }
}
