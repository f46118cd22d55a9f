import { expect, it } from 'vitest'
import { type Checked, validityText } from './validity.ts'

it.each<[string, Checked]>([
  ['Fill in this field.', { type: 'text', validity: { valueMissing: true } }],
  ['Choose one.', { type: 'select-one', validity: { valueMissing: true } }],
  ['This is not an e-mail address.', { type: 'email', validity: { typeMismatch: true } }],
  [
    'Write the whole address, beginning with https:// or http://.',
    { type: 'url', validity: { typeMismatch: true } },
  ],
  ['At least 10 characters are needed.', { type: 'password', minLength: 10, validity: { tooShort: true } }],
  ['This is not a number.', { type: 'number', validity: { badInput: true } }],
  ['The least is 1.', { type: 'number', min: '1', validity: { rangeUnderflow: true } }],
  ['The most is 100.', { type: 'number', max: '100', validity: { rangeOverflow: true } }],
])('says “%s”', (words, control) => {
  expect(validityText(control)).toBe(words)
})
