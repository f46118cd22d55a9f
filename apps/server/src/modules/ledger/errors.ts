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

/** Which budget, how much it allows and when it starts anew, so that whoever is refused knows what to wait or ask for. */
function exhaustedText({ scope, limitNanoUsd, resetsAt }: ExhaustedBudget): string {
  const limit = scope === 'credits' ? '' : ` of ${dollars(limitNanoUsd)}`
  const again =
    resetsAt === null ? '' : ` It starts anew on ${resetsAt.slice(0, 16).replace('T', ' at ')} UTC.`
  return `${scopeNames[scope]}${limit} does not cover what this call may cost.${again}`
}

/** Without the zeros that say nothing, but always with cents. */
function dollars(nanoUsd: bigint): string {
  const fraction = (nanoUsd % 1_000_000_000n)
    .toString()
    .padStart(9, '0')
    .replace(/0{1,7}$/, '')
  return `$${(nanoUsd / 1_000_000_000n).toLocaleString('en')}.${fraction}`
}

/** The errors of this module, by the fact they report. */
export const ledgerErrors = {
  exhausted: (budget: ExhaustedBudget, retryAfterSeconds?: number) => {
    const { budgetId, scope, limitNanoUsd, resetsAt } = budget
    return new AppError('BUDGET_EXHAUSTED', exhaustedText(budget), {
      status: 402,
      details: { budgetId, scope, limitNanoUsd: limitNanoUsd.toString(), resetsAt },
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    })
  },
  priceUnknown: (budgetId: string) =>
    new AppError(
      'PRICE_UNKNOWN',
      'The price of this model is not known, and a budget refuses calls without one. An owner or admin can set the price in Console › Models, or let the budget count a fixed amount.',
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
