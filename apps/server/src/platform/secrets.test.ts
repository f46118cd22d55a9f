import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Secret } from './config.ts'
import { createKeyring, sameText, SecretError } from './secrets.ts'

const keyring = createKeyring(new Secret('m'.repeat(48)))
const binding = { workspaceId: 'w1', rowId: 'r1', purpose: 'connection-key' }

test('what is encrypted opens with the same key and binding, after a restart too', () => {
  const dataKey = keyring.newDataKey()
  const wrapped = keyring.wrapDataKey(dataKey, 'w1')
  const sealed = keyring.encrypt(dataKey, 'sk-ünïcode', binding)
  const later = createKeyring(new Secret('m'.repeat(48)))
  expect(later.decrypt(later.unwrapDataKey(wrapped, 'w1'), sealed, binding)).toBe('sk-ünïcode')
  expect(sealed).toMatch(/^v1\.data\.[\w-]+$/)
})

test('the same value never gives the same ciphertext', () => {
  const dataKey = keyring.newDataKey()
  expect(keyring.encrypt(dataKey, 'x', binding)).not.toBe(keyring.encrypt(dataKey, 'x', binding))
})

test.each([
  { ...binding, workspaceId: 'w2' },
  { ...binding, rowId: 'r2' },
  { ...binding, purpose: 'webhook-secret' },
])('a ciphertext moved to %o is refused', (elsewhere) => {
  const dataKey = keyring.newDataKey()
  expect(() => keyring.decrypt(dataKey, keyring.encrypt(dataKey, 'x', binding), elsewhere)).toThrow(
    SecretError,
  )
})

test('parts of a binding cannot be shifted into one another', () => {
  const dataKey = keyring.newDataKey()
  const sealed = keyring.encrypt(dataKey, 'x', { workspaceId: 'a', rowId: 'b","c', purpose: 'd' })
  expect(() => keyring.decrypt(dataKey, sealed, { workspaceId: 'a","b', rowId: 'c', purpose: 'd' })).toThrow(
    SecretError,
  )
})

test('a ciphertext with any byte changed, cut or of another format is refused', () => {
  const dataKey = keyring.newDataKey()
  const sealed = keyring.encrypt(dataKey, 'secret', binding)
  const payload = Buffer.from(sealed.split('.')[2] ?? '', 'base64url')
  for (let index = 0; index < payload.length; index++) {
    const changed = Buffer.from(payload)
    changed[index] = (changed[index] ?? 0) ^ 1
    const tampered = `v1.data.${changed.toString('base64url')}`
    expect(() => keyring.decrypt(dataKey, tampered, binding)).toThrow(SecretError)
  }
  for (const bad of [
    '',
    'x',
    'v1.data.',
    sealed.slice(0, -4),
    sealed.replace('v1', 'v2'),
    sealed.replace('data', 'dato'),
  ]) {
    expect(() => keyring.decrypt(dataKey, bad, binding)).toThrow(SecretError)
  }
})

test("another workspace's wrapped key and another key's ciphertext are refused", () => {
  const dataKey = keyring.newDataKey()
  expect(() => keyring.unwrapDataKey(keyring.wrapDataKey(dataKey, 'w1'), 'w2')).toThrow(SecretError)
  expect(() =>
    keyring.decrypt(keyring.newDataKey(), keyring.encrypt(dataKey, 'x', binding), binding),
  ).toThrow(SecretError)
})

test('after a rotation old data keys open, and are known to be outdated', () => {
  const wrapped = keyring.wrapDataKey(keyring.newDataKey(), 'w1')
  const rotated = createKeyring(new Secret('n'.repeat(48)), [new Secret('m'.repeat(48))])
  expect(rotated.isOutdated(wrapped)).toBe(true)
  const rewrapped = rotated.wrapDataKey(rotated.unwrapDataKey(wrapped, 'w1'), 'w1')
  expect(rotated.isOutdated(rewrapped)).toBe(false)
  expect(() => createKeyring(new Secret('n'.repeat(48))).unwrapDataKey(wrapped, 'w1')).toThrow(SecretError)
})

test('a signature holds for its purpose and message only', () => {
  const signature = keyring.sign('file-url', 'GET /x')
  expect(keyring.verify('file-url', 'GET /x', signature)).toBe(true)
  expect(keyring.verify('session', 'GET /x', signature)).toBe(false)
  expect(keyring.verify('file-url', 'GET /y', signature)).toBe(false)
  expect(keyring.verify('file-url', 'GET /x', '')).toBe(false)
  expect(keyring.derive('a').equals(keyring.derive('b'))).toBe(false)
})

test('texts compare by value', () => {
  expect([sameText('a', 'a'), sameText('a', 'b'), sameText('a', 'aa'), sameText('', '')]).toEqual([
    true,
    false,
    false,
    true,
  ])
})

test('errors and printed keys tell nothing', () => {
  const dataKey = keyring.newDataKey()
  expect(inspect(dataKey)).not.toMatch(/[0-9a-f]{16}/)
  try {
    keyring.decrypt(dataKey, 'v1.data.AAAA', binding)
  } catch (error) {
    expect(error).toMatchObject({
      code: 'SECRET_UNREADABLE',
      message: 'A stored secret cannot be read.',
      status: 500,
    })
  }
})
