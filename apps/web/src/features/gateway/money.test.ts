import { expect, test } from 'vitest'
import { nanoUsdOf, shownAmount, usdText } from './money.ts'

const display = (currency: string, minorDigits: number) => ({
  currency,
  minorDigits,
  perUsd: '0.9',
  rateDate: '2026-11-20',
  rateSource: 'a bank',
})
const cost = { nanoUsd: '1500000000', converted: { minor: '135', nano: '1350000000' } }

test('an amount is shown in the currency of the workspace with dollars beside it', () => {
  expect(shownAmount(cost, display('EUR', 2))).toEqual({ main: '€1.35', usd: '$1.50' })
  expect(shownAmount(cost, display('USD', 2))).toEqual({ main: '$1.50', usd: null })
})

test('an amount below a cent keeps two digits that say something', () => {
  const small = { nanoUsd: '4200', converted: { minor: '0', nano: '3700' } }
  expect(shownAmount(small, display('EUR', 2)).main).toBe('€0.000004')
})

test.each([
  ['12.50', '12500000000'],
  ['0.000000001', '1'],
  ['250', '250000000000'],
  ['-1', null],
  ['1,5', null],
  ['1.0000000001', null],
  ['', null],
])('%s dollars are %s nano-dollars', (text, nano) => {
  expect(nanoUsdOf(text)).toBe(nano)
})

test('what was stored comes back into the field as it was typed', () => {
  for (const text of ['250', '0.50', '12.345']) expect(usdText(nanoUsdOf(text) ?? '')).toBe(text)
})
