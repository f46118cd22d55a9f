import fc from 'fast-check'
import { expect, it } from 'vitest'
import { plainFragment } from './plain.ts'

it.each([
  [
    '## Bars\n\nA **\uE000xylophone\uE001** has `wooden` bars',
    'Bars A \uE000xylophone\uE001 has wooden bars',
  ],
  [
    'see [the page](https://example.com/x).\n\n### Deep\n\n- one\n- [x] two\n* three',
    'see the page. Deep • one • two • three',
  ],
  ['> Quoted *\uE000wisdom\uE001*, __twice__ and ~~not~~', 'Quoted \uE000wisdom\uE001, twice and not'],
  ['| Model | Price |\n|---|---:|\n| small | 1 |', 'Model · Price small · 1'],
  [
    'Text\n```ts\nconst a_b = 2 ** 3 // # no heading\n```\nafter',
    'Text const a_b = 2 ** 3 // # no heading after',
  ],
  ['cut off [the \uE000page\uE001](https://exam', 'cut off the \uE000page\uE001'],
  ['page](https://example.com) and ![a cat](cat.png)', 'page and a cat'],
  ['[here](https://\uE000example\uE001.com)', 'here (https://\uE000example\uE001.com)'],
  ['snake_\uE000case\uE001, 2**3, 5 * 3 and x > 2', 'snake_\uE000case\uE001, 2**3, 5 * 3 and x > 2'],
  ['not \\*bold\\* &amp; **half', 'not *bold* & half'],
  ['1. first\n2. second', '1. first 2. second'],
  ['--- \nbelow a line', 'below a line'],
  ['**_both_** about ~5 km', 'both about ~5 km'],
  ['plain text', 'plain text'],
])('%j reads %j', (fragment, plain) => {
  expect(plainFragment(fragment)).toBe(plain)
})

it('no words and no marks are lost, wherever a fragment is cut', () => {
  const source =
    '# The \uE000harbour\uE001\n\n> A **crane** of *\uE000steel\uE001* and `iron_work`\n\n- rails\n- [ ] ropes\n\n| ship | load |\n|---|---|\n| Ada | tea |\n\n```sql\nSELECT load\n```\nend'
  fc.assert(
    fc.property(fc.nat(source.length), fc.nat(source.length), (a, b) => {
      const fragment = source.slice(Math.min(a, b), Math.max(a, b))
      const words = fragment.replaceAll(/```\w*|\[ \]/g, '').match(/[a-z]{3,}/gi) ?? []
      const plain = plainFragment(fragment)
      for (const word of words) expect(plain, fragment).toContain(word)
      expect(plain.match(/[\uE000\uE001]/g)?.length).toBe(fragment.match(/[\uE000\uE001]/g)?.length)
    }),
  )
})
