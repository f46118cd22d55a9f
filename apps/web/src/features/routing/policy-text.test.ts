import type { Policy } from '@atrium/contract'
import { expect, test } from 'vitest'
import { ApiError } from '../../api/error.ts'
import { policyProblems } from './policy-problems.ts'
import { coolingText, policyText, scoreText, usesWeight, whyText } from './policy-text.ts'

const target = { model: 'a/one', weight: 1, priority: 1, enabled: true }
const refused = (details: unknown) =>
  new ApiError({ code: 'INVALID_INPUT', message: 'It is refused.', status: 400, details })

test('weights count where calls are drawn, and among equals where priorities go first', () => {
  const [first, second, third] = ['1', '2', '2'].map((priority) => ({ priority }))
  if (!first || !second || !third) throw new Error('three targets')
  const all = [first, second, third]
  expect(usesWeight('priority', first, all)).toBe(false)
  expect(usesWeight('priority', second, all)).toBe(true)
  expect(usesWeight('weighted', first, all)).toBe(true)
  expect(usesWeight('least-cost', first, all)).toBe(false)
})

test('a policy is one line: shares in percent, rules, hedging', () => {
  const policy: Policy = {
    plan: {
      strategy: 'ab',
      variants: [
        { name: 'old', share: 2, targets: [target] },
        { name: 'new', share: 1, targets: [target] },
      ],
    },
    rules: [{ name: 'VIP', when: {}, plan: { strategy: 'priority', targets: [target] } }],
    retries: { failovers: 3, sameTarget: 0, maxWaitMs: 5000 },
    timeouts: {},
    hedge: { afterMs: 700 },
  }
  expect(policyText(policy)).toBe('A/B: old 66.7 %, new 33.3 % · 1 rule before it · hedges after 700 ms')
})

test('a preview says which rule and which variant counted', () => {
  const preview = { chosen: 'a/one', version: 1, strategy: 'ab', rule: 'VIP', variant: 'B', candidates: [] }
  expect(whyText(preview)).toMatch(/^The rule “VIP” holds\. The call falls into variant “B”\. /)
  expect(whyText({ ...preview, rule: null, variant: null, strategy: 'weighted' })).toBe(
    'No rule holds, so the usual plan counts. Calls are drawn in proportion to the weights.',
  )
})

test('scores are in the unit of their strategy, and an unknown price is never an amount', () => {
  expect(scoreText('priority', 2)).toBe('priority 2')
  expect(scoreText('least-latency', 1234.4)).toBe('1.2 s')
  expect(scoreText('least-cost', 1_500_000)).toBe('$0.0015')
  expect(scoreText('least-cost', 9.0072e15)).toBe('price unknown')
  expect(scoreText('weighted', 0.3)).toBeNull()
})

test('a model that is left alone says why and until when', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  const coolingUntil = '2026-11-21T12:00:24Z'
  expect(coolingText({ coolingReason: 'failing', coolingUntil }, now)).toMatch(
    /^it failed too often; .* in 24 s$/,
  )
  expect(coolingText({ coolingReason: null, coolingUntil: null }, now)).toBeNull()
})

test('problems of a policy name their place in words, whichever check found them', () => {
  const problems = [
    { path: 'policy.rules[0].plan.targets[1].model', message: 'there is no model “x/y”.' },
    { path: 'policy.plan.variants', message: 'no variant has a share.' },
  ]
  expect(policyProblems(refused({ problems }))).toEqual([
    'Rule 1, model 2: there is no model “x/y”.',
    'No variant has a share.',
  ])
  const fields = [{ field: 'policy.plan.variants.1.share', problem: 'must be at most 1000' }]
  expect(policyProblems(refused(fields))).toEqual(['Variant 2, share: must be at most 1000'])
  expect(policyProblems(refused(null))).toEqual(['It is refused.'])
})
