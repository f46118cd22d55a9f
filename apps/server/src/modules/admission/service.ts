import type { KeyLimits, RateLimits } from '@atrium/contract'
import type { Clock } from '#platform/clock'
import type { Log } from '#platform/log'
import { rateLimitHeaders } from './headers.ts'
import { DatabaseLender } from './lender.ts'
import { createRates, type RatesParts } from './rates.ts'
import { refusal } from './refusal.ts'
import type { Share } from './share.ts'
import type { Admission, AdmissionRequest, ScopeKind, Ticket, Unit } from './types.ts'

export interface AdmissionParts extends RatesParts {
  readonly log: Log
}

/** Admission for the calls of this process. */
export function createAdmission(parts: AdmissionParts, scope: AsyncDisposableStack): Admission {
  const { jobDb, clock, log } = parts
  const allRates = createRates(parts, scope)
  const lender = scope.use(new DatabaseLender({ db: jobDb, clock, log }))
  const panels = createPanels(lender)

  const enter = (request: AdmissionRequest, rates: RateLimits): Ticket | Promise<Ticket> => {
    const shares = panels(request, rates)
    return shares.length === 0 ? freeTicket : open(shares, request.estimatedTokens, clock)
  }

  return {
    admit: (request) => {
      const rates = allRates.of(request.workspaceId)
      return rates instanceof Promise ? rates.then((read) => enter(request, read)) : enter(request, rates)
    },
  }
}

async function open(shares: readonly Share[], estimatedTokens: number, clock: Clock): Promise<Ticket> {
  await takeAll(shares, estimatedTokens, clock)
  return new OpenTicket(shares, estimatedTokens, clock)
}

/** Where no limit holds. */
const freeTicket: Ticket = { headers: {}, release: () => undefined }

class OpenTicket implements Ticket {
  readonly #shares: readonly Share[]
  readonly #estimatedTokens: number
  readonly #clock: Clock
  #isOpen = true

  constructor(shares: readonly Share[], estimatedTokens: number, clock: Clock) {
    this.#shares = shares
    this.#estimatedTokens = estimatedTokens
    this.#clock = clock
  }

  get headers(): Record<string, string> {
    return rateLimitHeaders(this.#shares, this.#clock.monotonicMs())
  }

  release(actualTokens: number): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const now = this.#clock.monotonicMs()
    for (const share of this.#shares) {
      if (share.counted.unit === 'slots') share.giveBack(1, now)
      else if (share.counted.unit === 'tokens') share.correct(actualTokens - this.#estimatedTokens, now)
    }
  }
}

const amountOf = (share: Share, tokens: number): number => (share.counted.unit === 'tokens' ? tokens : 1)

/** Takes from every share, or from none. */
async function takeAll(shares: readonly Share[], tokens: number, clock: Clock): Promise<void> {
  const now = clock.monotonicMs()
  const missing = shares.filter((share) => !share.take(amountOf(share, tokens), now))
  if (missing.length === 0) return
  const asked = await Promise.allSettled(missing.map((share) => share.ask(amountOf(share, tokens), now)))
  const refused = missing.filter((_, place) => {
    const answer = asked[place]
    return answer?.status !== 'fulfilled' || !answer.value
  })
  if (refused.length === 0) return
  for (const share of shares) {
    if (!refused.includes(share)) share.giveBack(amountOf(share, tokens), clock.monotonicMs())
  }
  for (const answer of asked) if (answer.status === 'rejected') throw answer.reason
  throw refusal(refused, shares, tokens, clock.monotonicMs())
}

const units: readonly (readonly [Unit, keyof KeyLimits])[] = [
  ['requests', 'rpm'],
  ['tokens', 'tpm'],
  ['slots', 'concurrency'],
]

interface Panel {
  readonly limits: KeyLimits
  readonly rates: RateLimits
  readonly shares: readonly Share[]
}

const maxPanels = 10_000

/** The shares that a call takes from, remembered per key and person while their limits are the same. */
function createPanels(
  lender: DatabaseLender,
): (request: AdmissionRequest, rates: RateLimits) => readonly Share[] {
  const panels = new Map<string, Panel>()

  const sharesOf = (
    { workspaceId, keyId, personId, limits }: AdmissionRequest,
    rates: RateLimits,
  ): Share[] => {
    const scopes: [ScopeKind, string | null, KeyLimits][] = [
      ['key', keyId, limits],
      ['person', personId, rates.person],
      ['workspace', workspaceId, rates.workspace],
    ]
    return scopes.flatMap(([scope, scopeId, limitsOfScope]) =>
      scopeId === null
        ? []
        : units.flatMap(([unit, name]) => {
            const limit = limitsOfScope[name]
            return limit === null ? [] : [lender.share({ workspaceId, scope, scopeId, unit }, limit)]
          }),
    )
  }

  return (request, rates) => {
    const { workspaceId, keyId, personId, limits } = request
    const name = `${workspaceId} ${keyId ?? ''} ${personId}`
    const known = panels.get(name)
    if (known && isCurrent(known, limits, rates)) return known.shares
    if (panels.size >= maxPanels) panels.clear()
    const shares = sharesOf(request, rates)
    panels.set(name, { limits, rates, shares })
    return shares
  }
}

const isCurrent = (panel: Panel, limits: KeyLimits, rates: RateLimits): boolean =>
  panel.limits === limits && panel.rates === rates && !panel.shares.some(({ isDropped }) => isDropped)
