import { expect, test } from 'vitest'
import { expiryOf, hasRunOut } from './key-expiry.ts'
import { keyFieldsOf, limitsText, settingsOf } from './key-form.ts'

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
