import type { ApiKey, Permission } from '@atrium/contract'
import { expect, test } from 'vitest'
import { expiryOf, hasRunOut } from './key-expiry.ts'
import { keyFieldsOf, limitsText, settingsOf } from './key-form.ts'
import { type KeyViewer, mayChange, mayRotate } from './key-rights.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')

test('a key runs out at the end of the day that was chosen, where the person is', () => {
  expect(expiryOf('day', '2026-11-30', nowMs)).toBe(new Date(2026, 10, 30, 23, 59, 59).toISOString())
  expect(expiryOf('30', '', nowMs)).toBe('2026-12-21T12:00:00.000Z')
  expect(expiryOf('never', '2026-11-30', nowMs)).toBeNull()
})

test('a key has run out from its moment on', () => {
  expect(hasRunOut('2026-11-21T12:00:00Z', nowMs)).toBe(true)
  expect(hasRunOut('2026-11-21T12:00:01Z', nowMs)).toBe(false)
  expect(hasRunOut(null, nowMs)).toBe(false)
})

test('empty fields of a new key set no limit, and models may stand on lines or behind commas', () => {
  const fields = keyFieldsOf(null, () => true)
  expect(settingsOf({ ...fields, name: ' Robot ', models: 'openai/*, a/b\n\nc' })).toEqual({
    name: 'Robot',
    teamId: null,
    models: ['openai/*', 'a/b', 'c'],
    limits: { rpm: null, tpm: null, concurrency: null },
  })
  expect(settingsOf(fields).models).toBeNull()
  expect(limitsText(settingsOf(fields).limits)).toBeNull()
})

const keyOf = (changes: Partial<ApiKey>): ApiKey => ({
  id: 'key',
  name: 'Robot',
  prefix: 'atr_12345678',
  scopes: ['gateway:call'],
  ownerId: 'me',
  ownerName: 'Me',
  createdById: 'me',
  createdByName: 'Me',
  teamId: null,
  teamName: null,
  models: null,
  limits: { rpm: null, tpm: null, concurrency: null },
  enabled: true,
  createdAt: '2026-11-01T00:00:00Z',
  rotatedAt: null,
  formerSecretUntil: null,
  lastUsedAt: null,
  expiresAt: null,
  ...changes,
})
const holder = (...permissions: Permission[]): KeyViewer => ({
  personId: 'me',
  can: (permission) => permissions.includes(permission),
})
const member = holder('key:manage', 'gateway:call', 'conversation:read')
const admin = holder('key:manage', 'member:manage', 'gateway:call', 'conversation:read')

test('members change the keys that they have made, admins all, viewers none', () => {
  const madeForMe = keyOf({ createdById: 'admin' })
  expect([mayChange(keyOf({}), member), mayChange(madeForMe, member), mayChange(madeForMe, admin)]).toEqual([
    true,
    false,
    true,
  ])
  expect(mayChange(keyOf({}), holder('gateway:call'))).toBe(false)
})

test('a secret is replaced only by who may see the new one, and while the key has not run out', () => {
  expect(mayRotate(keyOf({}), member, nowMs)).toBe(true)
  expect(mayRotate(keyOf({ scopes: ['audit:read'] }), member, nowMs)).toBe(false)
  expect(mayRotate(keyOf({ expiresAt: '2026-11-21T12:00:00Z' }), member, nowMs)).toBe(false)
  expect(mayRotate(keyOf({ ownerId: 'other' }), admin, nowMs)).toBe(true)
  expect(mayRotate(keyOf({ ownerId: 'other', scopes: ['conversation:read'] }), admin, nowMs)).toBe(false)
})
