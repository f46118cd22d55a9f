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
  /**
   * What call this is: a JSON object in the words of whoever makes it. Until the call has a record it is kept with the
   * hold, for the heir of this process.
   */
  readonly about?: string
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
  /**
   * The attempt is over. Never throws; a second call changes nothing. Survives SIGKILL together with the record of the
   * call, and from the end of this turn of the event loop on at the latest.
   */
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

/** A finished call in the words of whoever makes it. */
export interface RecordedCall {
  readonly id: string
  /** An object with the same `id`, on one line. */
  readonly json: string
}

/** A call whose process died before it had a record. */
export interface InterruptedCall {
  readonly workspaceId: string
  readonly callId: string
  /** As it was given to `hold`. */
  readonly about: Readonly<Record<string, unknown>>
  /** Of all its attempts as they are booked: what was held for those whose outcome is unknown. */
  readonly costNanoUsd: bigint
}

/** What a process that died has left besides its money. */
export interface Estate {
  /** Records, whether they are stored or not. */
  readonly records: readonly RecordedCall[]
  readonly interrupted: readonly InterruptedCall[]
}

/** Whoever keeps the records of calls. */
export interface Heir {
  /** Records that were given to `record` and are not stored yet. */
  unstored(): Iterable<RecordedCall>
  /**
   * Stores what a process has left, in the transaction (of the job role) that books it. The same may come twice, and a
   * process that was only slow may record a call after all.
   */
  inherit(tx: Tx, estate: Estate): Promise<void>
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

  /**
   * Lets the record of a call survive SIGKILL until it is stored; it has once this returns. Never throws: on a full disk
   * the record survives in memory alone.
   */
  record(call: RecordedCall): void

  /** Names who inherits the records of processes that died. Until then, whoever has left some is left alone. */
  bequeathTo(heir: Heir): void
}
