import type { Alias, Policy } from '@atrium/contract'
import { expect, test } from 'vitest'
import { holdsAlways, policyFieldsOf, policyOf, ruleFields, withStrategy } from './policy-form.ts'

const target = (model: string) => ({ model, weight: 1, priority: 1, enabled: true })

const weighted: Policy = {
  plan: {
    strategy: 'weighted',
    targets: [
      { model: 'a/one', weight: 3, priority: 1, enabled: false, maxOutputTokens: 100 },
      { model: 'b/two', weight: 0.5, priority: 2, enabled: true },
    ],
  },
  rules: [
    {
      name: 'VIP',
      when: {
        metadata: { plan: ['pro', 'team, large'], tier: [''] },
        personIds: ['p'],
        teamIds: ['t'],
        keyIds: ['k'],
      },
      plan: {
        strategy: 'ab',
        variants: [
          { name: 'old', share: 90, targets: [target('a/one')] },
          { name: 'new', share: 10, targets: [target('b/two'), target('a/one')] },
        ],
      },
    },
    { name: 'all', when: {}, plan: { strategy: 'sticky', targets: [target('a/one')] } },
  ],
  retries: { failovers: 5, sameTarget: 1, maxWaitMs: 1000 },
  timeouts: { idleMs: 9000 },
  hedge: { afterMs: 700 },
}

const ab: Policy = {
  plan: {
    strategy: 'ab',
    variants: [
      { name: 'A', share: 1, targets: [target('a/one')] },
      { name: 'B', share: 1, targets: [target('b/two')] },
    ],
  },
  rules: [],
  retries: { failovers: 3, sameTarget: 0, maxWaitMs: 5000 },
  timeouts: {},
  hedge: null,
}

test.for([
  ['with rules', weighted],
  ['of A/B', ab],
] as const)('a policy %s comes out of the form as it went in', ([, policy]) => {
  // Only these parts of an alias are shown in the form.
  const alias = { name: 'fast', description: '', policy } as Alias
  expect(policyOf(policyFieldsOf(alias, ''))).toEqual(policy)
})

test('a new alias begins with one model and the usual limits', () => {
  const policy = policyOf(policyFieldsOf(null, 'a/one'))
  expect(policy).toEqual({
    plan: { strategy: 'priority', targets: [target('a/one')] },
    rules: [],
    retries: { failovers: 3, sameTarget: 0, maxWaitMs: 5000 },
    timeouts: {},
    hedge: null,
  })
})

test('trying A/B keeps the models as its first variant, and leaving it brings them back', () => {
  const { plan } = policyFieldsOf(null, 'a/one')
  const split = withStrategy(plan, 'ab', ['a/one', 'b/two'])
  const models = split.variants.map(({ name, targets }) => [name, targets.map(({ model }) => model)])
  expect(models).toEqual([
    ['A', ['a/one']],
    ['B', ['b/two']],
  ])
  expect(withStrategy(split, 'weighted', []).targets).toEqual(plan.targets)
})

test('an A/B plan that becomes another one takes the models of its first variant', () => {
  const alias = { name: 'fast', description: '', policy: ab } as Alias
  const { targets } = withStrategy(policyFieldsOf(alias, '').plan, 'priority', [])
  expect(targets.map(({ model }) => model)).toEqual(['a/one'])
})

test('a rule whose lines are all empty holds always', () => {
  const rule = ruleFields(0, 1, 'a/one')
  expect(holdsAlways(rule)).toBe(true)
  expect(holdsAlways({ ...rule, metadata: [{ key: 0, name: 'plan', value: '' }] })).toBe(false)
  expect(holdsAlways({ ...rule, teamIds: ['t'] })).toBe(false)
})
