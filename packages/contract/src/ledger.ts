import { z } from 'zod'
import { id, line, nanoUsd, page, pageQuery, text, timestamp, workspaceParams } from './common.ts'
import { route } from './route.ts'

/** Whose calls a budget pays for. Teams, people and keys are named by `scopeId`. */
export const budgetScope = z.enum(['workspace', 'team', 'person', 'key'])
export type BudgetScope = z.infer<typeof budgetScope>

/** How often it starts anew: at midnight, on Mondays, on the first of a month, or never. */
export const budgetPeriod = z.enum(['day', 'week', 'month', 'total'])
export type BudgetPeriod = z.infer<typeof budgetPeriod>

/** Amounts that people set: a billion dollars at most, which leaves room for sums. */
const mostNanoUsd = 10n ** 18n
/** What is no integer is refused by its form; the other checks look at it all the same. */
const valueOf = (digits: string): bigint => (/^-?\d+$/.test(digits) ? BigInt(digits) : 0n)
const change = nanoUsd.refine((value) => valueOf(value) <= mostNanoUsd && valueOf(value) >= -mostNanoUsd, {
  error: `must be at most ${mostNanoUsd}`,
})
const amount = change.refine((value) => valueOf(value) >= 0n, { error: 'must not be negative' })

/** What becomes of calls whose price is unknown: refused, or a fixed amount is reserved and charged for each. */
export const unknownPriceRule = z
  .discriminatedUnion('rule', [
    z.object({ rule: z.literal('block') }),
    z.object({
      rule: z.literal('ceiling'),
      nanoUsd: amount.refine((value) => valueOf(value) > 0n, { error: 'must be more than 0' }),
    }),
  ])
  .meta({ id: 'UnknownPriceRule' })
export type UnknownPriceRule = z.infer<typeof unknownPriceRule>

/** A share of a limit, in percent, and when it was reached: once per period, unless the limit was raised meanwhile. */
export const budgetAlert = z
  .object({ percent: z.number().int(), reachedAt: timestamp })
  .meta({ id: 'BudgetAlert' })
export type BudgetAlert = z.infer<typeof budgetAlert>

export const budget = z
  .object({
    id,
    name: z.string(),
    scope: budgetScope,
    /** Null for the workspace. */
    scopeId: id.nullable(),
    /** Name of the team, person or key; null when it is gone, and for the workspace. */
    scopeName: z.string().nullable(),
    period: budgetPeriod,
    /** IANA name of the time zone in which its periods begin. */
    timeZone: z.string(),
    limitNanoUsd: nanoUsd,
    /** Spent in the period that runs now. */
    spentNanoUsd: nanoUsd,
    /** Reserved by calls that have not ended. */
    heldNanoUsd: nanoUsd,
    /** What calls can still spend; 0 when a limit was lowered below what is spent. */
    leftNanoUsd: nanoUsd,
    startsAt: timestamp.nullable(),
    /** When it starts anew; null for one that never does. */
    endsAt: timestamp.nullable(),
    /** Shares of the limit at which it warns, ascending; calls go on. */
    alertPercents: z.array(z.number().int()),
    /** Those that were reached in the period that runs now. */
    alerts: z.array(budgetAlert),
    unknownPrice: unknownPriceRule,
    enabled: z.boolean(),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Budget' })
export type Budget = z.infer<typeof budget>

export const budgetPeriodEntry = z
  .object({
    startsAt: timestamp,
    /** Null for a budget that never starts anew. */
    endsAt: timestamp.nullable(),
    spentNanoUsd: nanoUsd,
    alerts: z.array(budgetAlert),
  })
  .meta({ id: 'BudgetPeriodEntry' })
export type BudgetPeriodEntry = z.infer<typeof budgetPeriodEntry>

/** A reservation whose call has not ended, or whose process died before it did. */
export const openHold = z
  .object({
    callId: id,
    attempt: z.number().int(),
    /** `expired`: nobody knows what became of the call; it counts as spent until it is released. */
    state: z.enum(['held', 'expired']),
    heldNanoUsd: nanoUsd,
    budgetIds: z.array(id),
    createdAt: timestamp,
  })
  .meta({ id: 'OpenHold' })
export type OpenHold = z.infer<typeof openHold>

/** The prepaid balance of a workspace. Without it calls are paid for afterwards. */
export const credits = z
  .object({
    enabled: z.boolean(),
    grantedNanoUsd: nanoUsd,
    spentNanoUsd: nanoUsd,
    heldNanoUsd: nanoUsd,
    leftNanoUsd: nanoUsd,
  })
  .meta({ id: 'Credits' })
export type Credits = z.infer<typeof credits>

export const creditGrant = z
  .object({ id, amountNanoUsd: nanoUsd, createdAt: timestamp })
  .meta({ id: 'CreditGrant' })
export type CreditGrant = z.infer<typeof creditGrant>

/** An account of the book; its balance is the sum of its lines. */
export const accountBalance = z
  .object({ account: z.string(), balanceNanoUsd: nanoUsd })
  .meta({ id: 'AccountBalance' })

/** What a recount of the whole book finds. */
export const bookVerification = z
  .object({
    /** Every sum below is what it should be, to the nano-dollar. */
    balanced: z.boolean(),
    entries: z.number().int(),
    /** Entries whose lines do not sum to zero. */
    unbalancedEntries: z.number().int(),
    /** Accounts whose balance is not the sum of their lines. */
    wrongAccounts: z.number().int(),
    /** Periods whose spending is not the sum of what their calls were charged. */
    wrongPeriods: z.number().int(),
    /** Periods whose leased amount is not the sum of what processes have leased. */
    wrongLeases: z.number().int(),
    /** Calls whose entries do not add up to what they were charged and have cost. */
    wrongCalls: z.number().int(),
    /** Periods that have spent and leased more than their limit; a limit that was lowered makes some. */
    overLimit: z.number().int(),
    accounts: z.array(accountBalance),
  })
  .meta({ id: 'BookVerification' })
export type BookVerification = z.infer<typeof bookVerification>

const tag = 'ledger'
const ws = '/api/v1/workspaces/{workspaceId}'
const one = workspaceParams.extend({ budgetId: id })

const settings = z.object({
  name: line(100),
  limitNanoUsd: amount,
  alertPercents: z.array(z.number().int().min(1).max(100)).max(10),
  unknownPrice: unknownPriceRule,
  enabled: z.boolean(),
})

export const ledgerRoutes = {
  listBudgets: route({
    id: 'listBudgets',
    method: 'GET',
    path: `${ws}/budgets`,
    tag,
    access: 'budget:read',
    summary: 'Budgets with what is spent; those of others only for who may manage them',
    params: workspaceParams,
    query: pageQuery.extend({ scope: budgetScope.optional(), scopeId: id.optional() }),
    response: page(budget),
  }),
  createBudget: route({
    id: 'createBudget',
    method: 'POST',
    path: `${ws}/budgets`,
    tag,
    access: 'budget:manage',
    summary: 'Limit what a workspace, team, person or key may spend',
    params: workspaceParams,
    body: z.object({
      name: line(100),
      scope: budgetScope,
      scopeId: id.optional(),
      period: budgetPeriod,
      timeZone: line(64).optional(),
      limitNanoUsd: amount,
      alertPercents: settings.shape.alertPercents.optional(),
      unknownPrice: unknownPriceRule.optional(),
      enabled: z.boolean().optional(),
    }),
    response: budget,
    status: 201,
  }),
  getBudget: route({
    id: 'getBudget',
    method: 'GET',
    path: `${ws}/budgets/{budgetId}`,
    tag,
    access: 'budget:read',
    summary: 'One budget',
    params: one,
    response: budget,
  }),
  updateBudget: route({
    id: 'updateBudget',
    method: 'PATCH',
    path: `${ws}/budgets/{budgetId}`,
    tag,
    access: 'budget:manage',
    summary: 'Change a budget; a limit below what is spent blocks at once',
    params: one,
    body: settings.partial(),
    response: budget,
  }),
  deleteBudget: route({
    id: 'deleteBudget',
    method: 'DELETE',
    path: `${ws}/budgets/{budgetId}`,
    tag,
    access: 'budget:manage',
    summary: 'Remove a budget; what it has paid stays in the book',
    params: one,
    response: null,
  }),
  listBudgetPeriods: route({
    id: 'listBudgetPeriods',
    method: 'GET',
    path: `${ws}/budgets/{budgetId}/periods`,
    tag,
    access: 'budget:read',
    summary: 'What a budget has spent, newest period first',
    params: one,
    query: pageQuery,
    response: page(budgetPeriodEntry),
  }),
  listHolds: route({
    id: 'listHolds',
    method: 'GET',
    path: `${ws}/ledger/holds`,
    tag,
    access: 'budget:manage',
    summary: 'Reservations that are open, and those whose outcome is unknown; newest first',
    params: workspaceParams,
    query: pageQuery.extend({ state: z.enum(['held', 'expired']).optional() }),
    response: page(openHold),
  }),
  releaseHold: route({
    id: 'releaseHold',
    method: 'POST',
    path: `${ws}/ledger/holds/{callId}/{attempt}/releases`,
    tag,
    access: 'budget:manage',
    summary: 'Give back what an expired reservation has charged: the call is known to have cost nothing',
    params: workspaceParams.extend({ callId: id, attempt: z.coerce.number().int().min(0).max(1000) }),
    response: null,
  }),
  getCredits: route({
    id: 'getCredits',
    method: 'GET',
    path: `${ws}/credits`,
    tag,
    access: 'budget:read',
    summary: 'The prepaid balance of the workspace',
    params: workspaceParams,
    response: credits,
  }),
  updateCredits: route({
    id: 'updateCredits',
    method: 'PATCH',
    path: `${ws}/credits`,
    tag,
    access: 'budget:manage',
    summary: 'Let calls spend no more than was granted, or have them paid for afterwards; owners only',
    params: workspaceParams,
    body: z.object({ enabled: z.boolean() }),
    response: credits,
  }),
  grantCredits: route({
    id: 'grantCredits',
    method: 'POST',
    path: `${ws}/credits/grants`,
    tag,
    access: 'budget:manage',
    summary: 'Add to the prepaid balance, or take from it what is not spent; owners only',
    params: workspaceParams,
    body: z.object({
      amountNanoUsd: change.refine((value) => valueOf(value) !== 0n, { error: 'must not be 0' }),
      note: text(500).optional(),
    }),
    response: credits,
    status: 201,
  }),
  listCreditGrants: route({
    id: 'listCreditGrants',
    method: 'GET',
    path: `${ws}/credits/grants`,
    tag,
    access: 'budget:read',
    summary: 'What was granted, newest first',
    params: workspaceParams,
    query: pageQuery,
    response: page(creditGrant),
  }),
  verifyBook: route({
    id: 'verifyBook',
    method: 'GET',
    path: `${ws}/ledger/verification`,
    tag,
    access: 'budget:manage',
    summary: 'Recount the book and say whether it balances to the nano-dollar',
    params: workspaceParams,
    response: bookVerification,
  }),
} as const
