import { expect, it } from 'vitest'
import { ApiError, messageOf } from './error.ts'

it.each([
  ['Too many attempts. Try again later.', 'Too many attempts. Try again in 40 s.'],
  [
    'This exceeds the limit of 2 requests per minute of this person. Try again shortly.',
    'This exceeds the limit of 2 requests per minute of this person. Try again in 40 s.',
  ],
])('says which limit is reached and when to come back: %s', (message, shown) => {
  const limit = { code: 'RATE_LIMIT_EXCEEDED', status: 429, retryAfterSeconds: 40 }
  expect(messageOf(new ApiError({ ...limit, message }))).toBe(shown)
})
