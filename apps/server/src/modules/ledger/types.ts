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

/** What other modules may ask. */
export interface Ledger {
  /**
   * Reserves what an attempt may cost at most. Needs no round trip while this process holds a large enough slice of
   * every budget that covers the payer.
   * @throws AppError 402 BUDGET_EXHAUSTED with `details: { budgetId, scope, limitNanoUsd, resetsAt }`, 402 PRICE_UNKNOWN,
   * 503 while the database is away, 507 when the disk is full; nothing is charged then
   */
  hold(request: HoldRequest): Promise<Hold>
}
