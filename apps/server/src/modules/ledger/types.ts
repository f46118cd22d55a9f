import type { Tx } from '#platform/db'

/** Who pays for a call: every budget of these covers it. */
export interface Payer {
  readonly workspaceId: string
  readonly personId: string
  /** Null for a person who is signed in. */
  readonly keyId: string | null
  readonly teamIds: readonly string[]
}

export interface HoldRequest {
  readonly payer: Payer
  /** UUID of the call; each attempt of it holds for itself. */
  readonly callId: string
  readonly attempt: number
  /** What the attempt may cost at most; null when its price is unknown. */
  readonly ceilingNanoUsd: bigint | null
  /** The least with which it is worth making when not all of the ceiling is left; all of it unless told. */
  readonly floorNanoUsd?: bigint
}

/** How an attempt ended. */
export interface Outcome {
  /** Null when it is unknown: what was held is charged and flagged as estimated. */
  readonly costNanoUsd: bigint | null
  readonly status: 'finished' | 'failed' | 'aborted'
  /** Reckoned by Atrium and not told by the provider. */
  readonly estimated: boolean
}

/** Money that is set aside for one attempt of a call. */
export interface Hold {
  /** What is reserved. For a known price the call must not cost more; 0 when the price is unknown and nothing limits it. */
  readonly nanoUsd: bigint
  /** The attempt is over. Never throws; a second call changes nothing. Survives SIGKILL once it has returned. */
  settle(outcome: Outcome): void
}

/** The cost of a settled call turned out to be another. */
export interface CostCorrection {
  readonly callId: string
  /** UUID of the rating: each corrects a call once. */
  readonly correctionId: string
  /** Of all attempts together; null when it is unknown now. */
  readonly costNanoUsd: bigint | null
  /** Its usage was reckoned by Atrium and not told by the provider. */
  readonly estimated: boolean
}

/** What other modules may ask. */
export interface Ledger {
  /**
   * Reserves what an attempt may cost at most. Needs no round trip while this process holds a large enough slice of
   * every budget that covers the payer: the hold itself is given then, and no promise of it.
   * @throws AppError 402 BUDGET_EXHAUSTED with `details: { budgetId, scope, limitNanoUsd, resetsAt }`, 402 PRICE_UNKNOWN,
   * 503 while the database is away, 507 when the disk is full; nothing is charged then
   */
  hold(request: HoldRequest): Hold | Promise<Hold>

  /**
   * Corrects the book and the budgets that had paid, in the transaction (of the job role) of the new ratings. Budgets
   * pay no more than they have left. Calls that were never held for, or whose outcome is unknown, stay as they are.
   */
  correct(tx: Tx, workspaceId: string, corrections: readonly CostCorrection[]): Promise<void>
}
