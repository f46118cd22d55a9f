import { AppError } from '#platform/errors'

/** What a refusal tells about the budget that caused it. */
export interface ExhaustedBudget {
  readonly budgetId: string
  readonly scope: 'workspace' | 'team' | 'person' | 'key' | 'credits'
  readonly limitNanoUsd: bigint
  /** Null for a budget that never starts anew. */
  readonly resetsAt: string | null
}

const scopeNames = {
  workspace: 'The budget of this workspace',
  team: 'The budget of your team',
  person: 'Your budget',
  key: 'The budget of this key',
  credits: 'The prepaid credit of this workspace',
} as const

/** The errors of this module, by the fact they report. */
export const ledgerErrors = {
  exhausted: ({ budgetId, scope, limitNanoUsd, resetsAt }: ExhaustedBudget, retryAfterSeconds?: number) =>
    new AppError('BUDGET_EXHAUSTED', `${scopeNames[scope]} does not cover what this call may cost.`, {
      status: 402,
      details: { budgetId, scope, limitNanoUsd: limitNanoUsd.toString(), resetsAt },
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    }),
  priceUnknown: (budgetId: string) =>
    new AppError(
      'PRICE_UNKNOWN',
      'The price of this model is not known, and a budget refuses calls without one.',
      { status: 402, details: { budgetId } },
    ),
  diskFull: (cause: unknown) =>
    new AppError('INSUFFICIENT_STORAGE', 'The disk of the server is full.', { cause }),
  away: () =>
    new AppError('DATABASE_ERROR', 'The database is not available. Try again shortly.', {
      retryAfterSeconds: 2,
    }),
  stopping: () =>
    new AppError('SERVICE_UNAVAILABLE', 'The server is stopping. Try again shortly.', {
      retryAfterSeconds: 2,
    }),
} as const
