import type { Clock } from '#platform/clock'
import type { Book } from './book.ts'
import type { Coverage } from './coverage.ts'
import { ledgerErrors } from './errors.ts'
import { type Leaser, refusal } from './leaser.ts'
import type { Registration } from './registration.ts'
import type { BudgetEntry } from './slices.ts'
import type { Hold, HoldRequest, Ledger } from './types.ts'

export interface HoldParts {
  readonly clock: Clock
  readonly registration: Registration
  readonly coverage: Coverage
  readonly book: Book
  readonly leaser: Leaser
}

/** Holds in memory where the slices suffice, and asks the database where they do not. */
export function createHold(parts: HoldParts): Ledger['hold'] {
  const { clock, registration, coverage, book } = parts
  return (request) => {
    const covering = coverage.find(request.payer)
    const nowMs = clock.monotonicMs()
    if (covering && registration.isValid(nowMs)) {
      const hold = book.take(request, covering, amountOf(request, covering), nowMs)
      if (hold) return hold
    }
    return acquire(parts, request)
  }
}

async function acquire(
  { clock, registration, coverage, book, leaser }: HoldParts,
  request: HoldRequest,
): Promise<Hold> {
  const covering = await coverage.load(request.payer)
  if (!registration.isValid(clock.monotonicMs())) await registration.renew()
  const nowMs = clock.monotonicMs()
  if (!registration.isValid(nowMs)) throw ledgerErrors.away()
  const amount = amountOf(request, covering)
  const { floorNanoUsd } = request
  const floor = floorNanoUsd !== undefined && floorNanoUsd < amount ? floorNanoUsd : amount
  for (const entry of covering) {
    const { exhausted } = entry
    if (exhausted && nowMs < exhausted.untilMs && exhausted.leftNanoUsd < floor) throw refusal(entry)
  }
  return book.take(request, covering, amount, nowMs) ?? leaser.wait(request, covering, amount, floor)
}

/**
 * What is to be reserved. A call of unknown price reserves what the strictest budget says.
 * @throws AppError 402 PRICE_UNKNOWN when a budget refuses such calls
 */
function amountOf({ ceilingNanoUsd }: HoldRequest, covering: readonly BudgetEntry[]): bigint {
  if (ceilingNanoUsd !== null) return ceilingNanoUsd
  let amount = 0n
  for (const { row } of covering) {
    if (row.unknownCeilingNanoUsd === null) throw ledgerErrors.priceUnknown(row.id)
    if (row.unknownCeilingNanoUsd > amount) amount = row.unknownCeilingNanoUsd
  }
  return amount
}
