import type { Policy } from '@atrium/contract'
import { expect, test } from 'vitest'
import { policyFieldsOf, policyOf } from './policy-form.ts'

const policy: Policy = {
  plan: {
    strategy: 'weighted',
    targets: [
      { model: 'a/one', weight: 3, priority: 1, enabled: false, maxOutputTokens: 100 },
      { model: 'b/two', weight: 1, priority: 2, enabled: true },
    ],
  },
  rules: [],
  retries: { failovers: 5, sameTarget: 1, maxWaitMs: 1000 },
  timeouts: { idleMs: 9000 },
  hedge: { afterMs: 700 },
}

test('what the form does not show survives saving', () => {
  const alias = { name: 'fast', description: '', policy } as Parameters<typeof policyFieldsOf>[0]
  expect(policyOf(policyFieldsOf(alias, ''), policy)).toEqual(policy)
})
