import { expect, test } from 'vitest'
import { modelName } from './model-name.ts'

test.each([
  ['openai/gpt-4o-mini', 'gpt 4o mini', 'gpt-4o-mini'],
  ['openai/gpt-4o-2024-05-13', 'gpt 4o (2024-05-13)', 'gpt-4o-2024-05-13'],
  ['router/google/gemini-1.5-flash', 'gemini 1.5 flash', 'gemini-1.5-flash'],
  ['openai/gpt-5.4-mini', 'GPT-5.4 mini', 'GPT-5.4 mini'],
  ['atrium/guide', 'Guide', 'Guide'],
  ['mine/llama', 'the one below the stairs', 'the one below the stairs'],
])('%s, which is called "%s", is shown as "%s"', (id, name, shown) => {
  expect(modelName(id, name)).toBe(shown)
})
