import { expect, test } from 'vitest'
import { paths, safeNext, settingsHash, settingsSectionOf } from './paths.ts'

test('a settings fragment names its section, however it is written', () => {
  expect(settingsSectionOf(settingsHash('ApiKeys'))).toBe('ApiKeys')
  expect(settingsSectionOf('#settings/security')).toBe('Security')
  expect(settingsSectionOf('#settings')).toBe('Profile')
  expect(settingsSectionOf('#settings/Unknown')).toBe('Profile')
  expect(settingsSectionOf('#other')).toBeNull()
})

test.each([
  'https://evil.example',
  '//evil.example',
  String.raw`/\evil.example`,
  'javascript:alert(1)',
  undefined,
])('after sign-in, %s is not followed', (next) => expect(safeNext(next)).toBe('/'))

test('after sign-in, a path inside the app is followed', () => {
  expect(safeNext('/c/1?message=2#settings')).toBe('/c/1?message=2#settings')
  expect(paths.signIn('/c/1')).toBe('/sign-in?next=%2Fc%2F1')
  expect(paths.signIn('/')).toBe('/sign-in')
})
