import fc from 'fast-check'
import { jsonValue } from '../../testing/json.ts'
import { expect, test } from 'vitest'
import { dialectNames } from '../spec/dialect-name.ts'
import type { JsonObject } from '../spec/json.ts'
import { mayHoldWrapped, unwrapOpaque, wrapOpaque } from './opaque.ts'

test('what was wrapped comes out as it was', () => {
  const data = fc.dictionary(fc.string({ unit: 'binary' }), jsonValue()) as fc.Arbitrary<JsonObject>
  fc.assert(
    fc.property(fc.constantFrom(...dialectNames), data, (dialect, value) => {
      const provider = { dialect, data: JSON.parse(JSON.stringify(value)) as JsonObject }
      expect(unwrapOpaque(wrapOpaque(provider))).toEqual(provider)
    }),
  )
})

test('signatures of the dialect itself and broken wrappings are not ours', () => {
  const wrapped = wrapOpaque({ dialect: 'gemini', data: { thoughtSignature: 'c2ln' } })
  const inner = (value: unknown) => `atr1.${Buffer.from(JSON.stringify(value)).toString('base64url')}`
  for (const text of [
    '',
    'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds==',
    'atr1.',
    `${wrapped}=`,
    `${wrapped} `,
    wrapped.slice(0, -4),
    inner({ dialect: 'nobody', data: {} }),
    inner({ dialect: 'gemini', data: [] }),
    inner({ dialect: 'gemini' }),
    inner('gemini'),
    `atr1.${'A'.repeat(9 * 1024 * 1024)}`,
  ]) {
    expect(unwrapOpaque(text)).toBeUndefined()
  }
})

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(unwrapOpaque(text)).toBeUndefined()
      expect(unwrapOpaque(`atr1.${text}`)).toBeUndefined()
    }),
  )
})

test('a body that holds a wrapping is known by its text', () => {
  fc.assert(
    fc.property(fc.constantFrom(...dialectNames), fc.string(), (dialect, value) => {
      const wrapped = wrapOpaque({ dialect, data: { value } })
      expect(mayHoldWrapped(JSON.stringify({ messages: [{ data: `1+2:${wrapped}` }] }))).toBe(true)
      expect(mayHoldWrapped(JSON.stringify({ messages: [{ data: value }] }))).toBe(false)
    }),
  )
})
