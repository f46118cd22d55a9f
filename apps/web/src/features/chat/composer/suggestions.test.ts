import { describe, expect, it } from 'vitest'
import { matching, triggerAt } from './suggestions.ts'

describe('triggerAt', () => {
  it.each([
    ['/', 1, { kind: 'command', query: '', start: 0 }],
    ['/con', 4, { kind: 'command', query: 'con', start: 0 }],
    ['a /con', 6, null],
    ['/path/x', 7, null],
    ['ask @gpt-4', 10, { kind: 'model', query: 'gpt-4', start: 4 }],
    ['me@example', 10, null],
    ['@ollama/llama', 13, { kind: 'model', query: 'ollama/llama', start: 0 }],
  ])('%s at %i', (text, caret, expected) => {
    expect(triggerAt(text, caret)).toEqual(expected)
  })
})

const make = (id: string) => ({ id, title: id, hint: '', run: () => {} })

describe('matching', () => {
  it('puts beginnings first', () => {
    expect(matching([make('reconcise'), make('concise'), make('x')], 'con').map(({ id }) => id)).toEqual([
      'concise',
      'reconcise',
    ])
  })
})
