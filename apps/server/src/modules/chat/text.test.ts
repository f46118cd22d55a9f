import { expect, it } from 'vitest'
import { cleaned } from './titles.ts'
import { wordsOf } from './search.ts'

it('makes a title of one short line without quotes', () => {
  expect(cleaned('"Llamas in the Andes."\nMore')).toBe('Llamas in the Andes')
  expect(cleaned('word '.repeat(40)).length).toBeLessThanOrEqual(81)
  expect(cleaned('  ')).toBe('')
})

it('takes words of any language from a query and nothing that means something to the engine', () => {
  expect(wordsOf("Grüße & (foo:*) | !bar 'x")).toEqual(['grüße', 'foo', 'bar', 'x'])
})
