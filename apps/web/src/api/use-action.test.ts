import { expect, test } from 'vitest'
import { ApiError } from './error.ts'
import { fieldProblems } from './use-action.ts'

test('the fields that the server refused are read from the details', () => {
  const details = [{ field: 'email', problem: 'is not an address' }, { field: 'name' }, null]
  const error = new ApiError({ code: 'INVALID_INPUT', message: '', status: 400, details })
  expect([...fieldProblems(error)]).toEqual([['email', 'Is not an address']])
})

test('other errors name no fields', () => {
  expect(fieldProblems(new Error('x')).size).toBe(0)
})
