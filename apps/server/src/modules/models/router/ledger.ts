/** Who pays for a call: every budget of these covers it. */
export interface Payer {
  readonly workspaceId: string
  readonly personId: string
  readonly keyId: string | null
  readonly teamIds: readonly string[]
}

/** What the router asks of whoever keeps the money. */
export interface Ledger {
  /**
   * Reserves what a call may cost at most; at once where nobody has to be asked.
   * @throws AppError BUDGET_EXHAUSTED 402, PRICE_UNKNOWN 402
   */
  hold(request: {
    readonly payer: Payer
    readonly callId: string
    readonly attempt: number
    /** Null when the price is unknown. */
    readonly ceilingNanoUsd: bigint | null
    /** The least with which the attempt is worth making when not all of the ceiling is left. */
    readonly floorNanoUsd?: bigint
    /** What call this is, as JSON, should this process die under it. */
    readonly about: string
  }): Hold | Promise<Hold>

  /** Lets the row of a call survive this process until it is stored. */
  record?(call: { readonly id: string; readonly json: string }): void
}

export interface Hold {
  /** What is reserved. */
  readonly nanoUsd: bigint
  /** The attempt is over: exactly once; never rejects. */
  settle(outcome: {
    readonly costNanoUsd: bigint | null
    readonly status: 'finished' | 'failed' | 'aborted'
    readonly estimated: boolean
  }): void
}
