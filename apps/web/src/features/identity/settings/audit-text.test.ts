import type { AuditEntry } from '@atrium/contract'
import { expect, test } from 'vitest'
import { factsOf, namesIn, sentenceOf, targetOf } from './audit-text.ts'

const entry = (changes: Partial<AuditEntry>): AuditEntry => ({
  sequence: 1,
  action: 'key.updated',
  actor: { kind: 'person', id: 'p1', name: 'Ada' },
  target: null,
  details: {},
  address: null,
  createdAt: '2026-03-01T10:00:00.000Z',
  hash: '',
  ...changes,
})
const nobody = new Map<string, string>()
const facts = (details: AuditEntry['details'], names = nobody) =>
  factsOf(entry({ details }), names).map(({ label, value }) => `${label}: ${value}`)

test('an action without a sentence of its own reads as words', () => {
  expect(sentenceOf('key.rotated')).toBe('Key rotated')
  expect(sentenceOf('member.role-changed')).toBe('Role changed')
})

test('of a change only what is different is told, from what to what', () => {
  const before = { name: 'CI', limits: { rpm: null, tpm: 100 }, enabled: true }
  const after = { name: 'CI', limits: { rpm: 60, tpm: 100 }, enabled: false }
  expect(facts({ before, after })).toEqual(['limits rpm: none → 60', 'enabled: yes → no'])
  expect(facts({ before: 'member', after: 'admin' })).toEqual([': member → admin'])
  expect(facts({ limitNanoUsd: { before: '1000000000', after: '2500000000' } })).toEqual([
    'limit: $1.00 → $2.50',
  ])
})

test('values are words, amounts are dollars, ids are names', () => {
  const details = {
    name: 'told apart',
    ownerId: 'p2',
    models: [],
    fields: ['defaultModel'],
    hasKey: true,
    unknownPrice: { rule: 'block' },
  }
  expect(facts(details, new Map([['p2', 'Grace']]))).toEqual([
    'owner: Grace',
    'fields: default model',
    'has key: yes',
    'unknown price rule: block',
  ])
})

test('who is gone keeps the name that entries have', () => {
  const person = { kind: 'person', id: 'p2' }
  const removed = entry({ action: 'member.removed', target: person, details: { role: 'member' } })
  const joined = entry({
    action: 'member.joined',
    target: person,
    actor: { kind: 'person', id: 'p2', name: 'Grace' },
  })
  expect(targetOf(removed, namesIn([removed, joined], nobody))).toBe('Grace')
  expect(targetOf({ ...removed, details: { name: 'Grace H.' } }, nobody)).toBe('Grace H.')
  expect(targetOf(removed, nobody)).toBe('person p2')
})
