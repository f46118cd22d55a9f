import type { ThinkingEffort } from '../spec/request.ts'

/** A budget in tokens for dialects that count, near the values that providers document for their own levels. */
export function budgetOfEffort(effort: ThinkingEffort): number {
  return budgets[effort]
}

const budgets: Record<ThinkingEffort, number> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 24_576,
  max: 32_768,
}

/** The level nearest to a budget, for dialects that name levels. */
export function effortOfBudget(budgetTokens: number): ThinkingEffort {
  if (budgetTokens <= 2048) return 'low'
  return budgetTokens <= 8192 ? 'medium' : 'high'
}
