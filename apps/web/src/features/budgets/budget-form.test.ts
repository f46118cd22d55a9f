import { expect, test } from 'vitest'
import { fieldsOf, isComplete, settingsOf, whoseOf } from './budget-form.ts'
import { budgetShares } from './budget-text.ts'

const filled = { ...fieldsOf(null, null), name: 'All', limit: '250', timeZone: 'Europe/Berlin' }

test('a budget for the workspace names nobody, one for a team needs the team', () => {
  expect(isComplete(filled)).toBe(true)
  expect(whoseOf(filled)).toEqual({ scope: 'workspace', period: 'month', timeZone: 'Europe/Berlin' })
  expect(isComplete({ ...filled, scope: 'team' })).toBe(false)
  expect(whoseOf({ ...filled, scope: 'team', scopeId: 't' })).toMatchObject({ scope: 'team', scopeId: 't' })
})

test('a fixed amount for calls of unknown price must be above 0', () => {
  const ceiling = { ...filled, unknownPrice: 'ceiling' as const }
  expect(isComplete(ceiling)).toBe(false)
  expect(isComplete({ ...ceiling, ceiling: '0' })).toBe(false)
  expect(isComplete({ ...ceiling, ceiling: '0.05' })).toBe(true)
  expect(settingsOf({ ...ceiling, ceiling: '0.05' }).unknownPrice).toEqual({
    rule: 'ceiling',
    nanoUsd: '50000000',
  })
})

test('percents at which it warns may be typed as people write them, and must be some', () => {
  expect(settingsOf({ ...filled, alerts: '50 %, 80; 100' }).alertPercents).toEqual([50, 80, 100])
  expect(settingsOf({ ...filled, alerts: '' }).alertPercents).toEqual([])
  expect(isComplete({ ...filled, alerts: '' })).toBe(true)
  for (const alerts of ['0', '101', 'half', '12.5', '-3'])
    expect(isComplete({ ...filled, alerts })).toBe(false)
})

test('spent and held never make more than the whole bar', () => {
  expect(budgetShares({ limitNanoUsd: '100', spentNanoUsd: '90', heldNanoUsd: '30' })).toEqual({
    spent: 90,
    held: 10,
  })
  expect(budgetShares({ limitNanoUsd: '0', spentNanoUsd: '0', heldNanoUsd: '0' }).spent).toBe(100)
})
