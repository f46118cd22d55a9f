import { expect, test } from 'vitest'
import { uuidv7 } from './ids.ts'

test('ids are UUIDv7: version, variant, and the time in front', () => {
  const id = uuidv7(0x0197_a000_1234)
  expect(id).toMatch(/^0197a000-1234-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(uuidv7()).not.toBe(uuidv7())
})
