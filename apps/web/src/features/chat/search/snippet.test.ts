import { describe, expect, it } from 'vitest'
import { snippetParts } from './snippet.ts'

describe('snippetParts', () => {
  it.each([
    [
      'a \uE000b\uE001 c',
      [
        ['a ', false],
        ['b', true],
        [' c', false],
      ],
    ],
    [
      '\uE000b\uE001\uE000c\uE001',
      [
        ['b', true],
        ['c', true],
      ],
    ],
    ['plain', [['plain', false]]],
    ['broken \uE000b', [['broken b', false]]],
    ['\uE001x', [['x', false]]],
    ['', []],
  ])('%j', (snippet, expected) => {
    expect(snippetParts(snippet).map(({ text, match }) => [text, match])).toEqual(expected)
  })
})
