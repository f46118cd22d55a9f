import type { Budget, BudgetPeriod, BudgetScope, UnknownPriceRule } from '@atrium/contract'
import { nanoUsdOf, usdText } from '../gateway/money.ts'

/** A new budget for a team or a key that is known already. */
export interface BudgetSeed {
  scope: 'team' | 'key'
  scopeId: string
  /** Of the team or key; the budget is called the same unless somebody changes it. */
  name: string
}

/** What the form of a budget holds, as people type it. */
export interface BudgetFields {
  name: string
  scope: BudgetScope
  scopeId: string
  period: BudgetPeriod
  /** IANA name; empty stands for that of the workspace. */
  timeZone: string
  /** Dollars. */
  limit: string
  /** Percents of the limit at which it warns, such as `50, 80`; empty for none. */
  alerts: string
  unknownPrice: UnknownPriceRule['rule']
  /** Dollars that a call of unknown price costs, under the rule `ceiling`. */
  ceiling: string
}

export const fieldsOf = (budget: Budget | null, seed: BudgetSeed | null): BudgetFields => ({
  name: budget?.name ?? seed?.name ?? '',
  scope: budget?.scope ?? seed?.scope ?? 'workspace',
  scopeId: budget?.scopeId ?? seed?.scopeId ?? '',
  period: budget?.period ?? 'month',
  timeZone: budget?.timeZone ?? '',
  limit: budget ? usdText(budget.limitNanoUsd) : '',
  alerts: budget ? budget.alertPercents.join(', ') : '80, 100',
  unknownPrice: budget?.unknownPrice.rule ?? 'block',
  ceiling: budget?.unknownPrice.rule === 'ceiling' ? usdText(budget.unknownPrice.nanoUsd) : '',
})

/** The amount of a call of unknown price in nano-USD; null when it is none above 0. */
export function ceilingOf({ ceiling }: Pick<BudgetFields, 'ceiling'>): string | null {
  const nanoUsd = nanoUsdOf(ceiling)
  return nanoUsd === '0' ? null : nanoUsd
}

const mostAlerts = 10

/** The percents that somebody has typed; null when they are none. */
export function alertsOf({ alerts }: Pick<BudgetFields, 'alerts'>): number[] | null {
  const parts = alerts.split(/[\s,;%]+/).filter((part) => part !== '')
  const isRight = parts.length <= mostAlerts && parts.every((part) => /^([1-9]\d?|100)$/.test(part))
  return isRight ? parts.map(Number) : null
}

export const isComplete = (fields: BudgetFields): boolean =>
  nanoUsdOf(fields.limit) !== null &&
  alertsOf(fields) !== null &&
  (fields.scope === 'workspace' || fields.scopeId !== '') &&
  (fields.unknownPrice === 'block' || ceilingOf(fields) !== null)

/** The part of a budget that may be changed later, as the API takes it. */
export function settingsOf(fields: BudgetFields): {
  name: string
  limitNanoUsd: string
  alertPercents: number[]
  unknownPrice: UnknownPriceRule
} {
  return {
    name: fields.name.trim(),
    limitNanoUsd: nanoUsdOf(fields.limit) ?? '',
    alertPercents: alertsOf(fields) ?? [],
    unknownPrice:
      fields.unknownPrice === 'block'
        ? { rule: 'block' }
        : { rule: 'ceiling', nanoUsd: ceilingOf(fields) ?? '' },
  }
}

/** The part that stays as it was made. */
export const whoseOf = ({ scope, scopeId, period, timeZone }: BudgetFields) => ({
  scope,
  period,
  timeZone,
  ...(scope === 'workspace' ? {} : { scopeId }),
})
