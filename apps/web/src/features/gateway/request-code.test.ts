import { expect, test } from 'vitest'
import { codeKinds, codeOf } from './request-code.ts'

const request = { model: 'team/fast', system: 'Be "brief".', message: "It's\nfine" }

test.each(codeKinds)('the code for $label names the installation, the model and all texts', ({ value }) => {
  const code = codeOf(value, request, 'https://ai.example.com')
  expect(code).toContain('https://ai.example.com')
  expect(code).toContain('"team/fast"')
  expect(code).toContain(String.raw`Be \"brief\".`)
  expect(code).toContain(value === 'curl' ? String.raw`It'\''s\nfine` : String.raw`"It's\nfine"`)
})

test('a request without a system text does not mention one', () => {
  for (const { value } of codeKinds) {
    expect(codeOf(value, { ...request, system: ' ' }, 'https://a.example')).not.toMatch(/system/i)
  }
})
