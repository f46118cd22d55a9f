import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEntities } from './entities.ts'
import { headingLevels } from './headings.ts'
import { lexBlocks, normalise, type Block } from './lex.ts'
import { safeUrl, shownAddress } from './links.ts'
import { MarkdownStream } from './markdown-stream.ts'

const shape = (blocks: readonly Block[]) =>
  blocks.map(({ start, token }) => ({ start, type: token.type, raw: token.raw }))

const piece = fc.constantFrom(
  '# Title\n',
  'Some **bold** text\n',
  'more text',
  '\n',
  '\n\n',
  '- one\n',
  '- two\n  - inner\n',
  '1. first\n',
  '2. second\n',
  '  continued\n',
  '    indented\n',
  '> quote\n',
  '> - in quote\n',
  '```ts\n',
  '```\n',
  'const a = 1\n',
  '~~~\n',
  '| a | b |\n',
  '| --- | --- |\n',
  '| 1 | 2 |\n',
  '$$\n',
  'x^2 $y$ \\(z\\)\n',
  '\\[\n',
  '\\]\n',
  '<div>\n',
  '</div>\n',
  '<!-- note\n',
  '-->\n',
  '---\n',
  '===\n',
  '* * *\n',
  '- [ ] task\n',
  '+ plus\n',
  'line\r\n',
  '\r',
  'https://example.org ',
  '`code',
  '**',
)

const readQuickly = (source: string, limitMs = 700): Block[] => {
  const start = performance.now()
  const blocks = lexBlocks(source)
  expect(performance.now() - start).toBeLessThan(limitMs)
  expect(blocks.map(({ token }) => token.raw).join('')).toBe(source)
  return blocks
}

const inlineTypes = (source: string) => {
  const token = lexBlocks(source)[0]?.token
  return token && 'tokens' in token ? token.tokens?.map((each) => each.type) : [token?.type]
}

describe('MarkdownStream', () => {
  it('has the blocks of a full reading after every append', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.array(fc.nat({ max: 9 }), { maxLength: 60 }),
        (pieces, sizes) => {
          const text = pieces.join('')
          const stream = new MarkdownStream()
          let at = 0
          for (const size of sizes) {
            stream.append(text.slice(at, at + size))
            at += size
          }
          stream.append(text.slice(at))
          const seen = text.endsWith('\r') ? text.slice(0, -1) : text
          expect(shape(stream.blocks)).toEqual(shape(lexBlocks(normalise(seen))))
          stream.finish()
          expect(stream.blocks).toEqual(lexBlocks(normalise(text)))
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('keeps the identity of finished blocks', () => {
    const stream = new MarkdownStream()
    stream.append('first\n\nsecond\n\nthird\n\nfourth\n\n')
    const before = stream.blocks[0]
    stream.append('fifth')
    expect(stream.blocks[0]).toBe(before)
  })

  it('appends to a long answer in constant time', () => {
    const stream = new MarkdownStream()
    for (let index = 0; index < 2000; index += 1) stream.append(`Paragraph ${index} with **bold** text.\n\n`)
    const start = performance.now()
    for (let index = 0; index < 100; index += 1) stream.append('word ')
    expect((performance.now() - start) / 100).toBeLessThan(8)
  })
})

describe('hostile Markdown', () => {
  it.each([
    ['quotes', `${'>'.repeat(1e4)} x`],
    ['spaced quotes', `${'> '.repeat(1e4)}x`],
    ['bullets', `${'- '.repeat(1e4)}x`],
    ['numbered', `${'1. '.repeat(1e4)}x`],
    ['quoted bullets', `${'> - '.repeat(5e3)}x`],
    ['indented lists', Array.from({ length: 1e4 }, (_, depth) => `${' '.repeat(depth * 2)}- a`).join('\n')],
    ['emphasis', '*'.repeat(1e4) + 'a' + '*'.repeat(1e4)],
    ['an endless address', `${'a'.repeat(5e4)}@`],
  ])('shows %s 10,000 deep as plain text', (_, source) => {
    expect(readQuickly(source).map(({ token }) => token.type)).toEqual(['plain'])
  })

  it.each([
    ['open brackets', '['.repeat(1e4)],
    ['open links', '[a]('.repeat(1e4)],
    ['open images', '!['.repeat(1e4)],
    ['open emphasis', '*a _b '.repeat(1e4)],
    ['open tags', '<a b="'.repeat(1e4)],
    ['open comments', '<!--'.repeat(1e4)],
    ['ticks', '`a``'.repeat(1e4)],
    ['strikes', '~a~~'.repeat(1e5)],
    ['dollars', '$a'.repeat(5e4)],
    ['double dollars', '$$a'.repeat(5e4)],
    ['parens', '\\('.repeat(5e4)],
    ['display lines', '$$\n'.repeat(2e3)],
    ['a huge table', `|a|b|\n|-|-|\n${'|1|2|\n'.repeat(1e4)}`],
    ['line breaks', '\n'.repeat(1e5)],
  ])('reads %s quickly', (_, source) => {
    readQuickly(source, 1500)
  })

  it('keeps raw HTML as text tokens', () => {
    const types = lexBlocks('<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>').map(
      ({ token }) => token.type,
    )
    expect(types).toContain('html')
  })

  it('survives names of built-in properties', () => {
    const blocks = lexBlocks(
      '[__proto__]: javascript:alert(1)\n\n[__proto__] [constructor] [toString]\n\n```__proto__\nx\n```',
    )
    expect(blocks.map(({ token }) => token.type)).toContain('code')
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  })

  it.each([
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://example.org/1',
    '/api/v1/auth/sign-out',
    '#settings',
    '//example.org',
    `https://example.org/${'a'.repeat(5000)}`,
  ])('refuses the address %s', (href) => {
    expect(safeUrl(href)).toBeNull()
  })

  it('shows the real host of a misleading address', () => {
    const url = safeUrl('https://bank.example@evil.example/login')
    expect(url && shownAddress(url)).toBe('evil.example/login')
  })
})

describe('formulas', () => {
  it.each([
    ['a $x^2$ b', true],
    ['a \\(x\\) b', true],
    ['it costs $5 and $10', false],
    ['from $5-$10', false],
    ['$ x $', false],
    ['`$x$`', false],
  ])('%s', (source, isMath) => {
    expect(inlineTypes(source)?.includes('math')).toBe(isMath)
  })

  it('reads display formulas with lines that look like lists', () => {
    expect(lexBlocks('$$\na\n+ b\n$$\n').map(({ token }) => token.type)).toEqual(['math'])
    expect(lexBlocks('Text\n\\[\na = b\n\\]\nmore').map(({ token }) => token.type)).toEqual([
      'paragraph',
      'math',
      'paragraph',
    ])
  })
})

describe('decodeEntities', () => {
  it('decodes known references only', () => {
    expect(decodeEntities('&lt;b&gt; &#65;&#x42; &unknown; & &#0;')).toBe('<b> AB &unknown; & \uFFFD')
  })
})

describe('headings', () => {
  const levels = (source: string): number[] => {
    const blocks = lexBlocks(normalise(source))
    const all = headingLevels(blocks)
    return all.filter((_, index) => blocks[index]?.token.type === 'heading')
  }

  it.each([
    ['# a\n## b\n### c\n# d', [3, 4, 5, 3]],
    ['## a\n### b\n## c', [3, 4, 3]],
    ['#### a\n## b\n#### c\n### d\n# e', [3, 3, 4, 4, 3]],
    ['# a\n## b\n### c\n#### d\n##### e\n###### f', [3, 4, 5, 6, 6, 6]],
  ])('of %j stand at the levels %j', (source, expected) => {
    expect(levels(source)).toEqual(expected)
  })

  it('begin below the heading of the turn, and never leave a level out', () => {
    const depths = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(depths, (sequence) => {
        const found = levels(sequence.map((depth, index) => `${'#'.repeat(depth)} h${index}\n`).join('\n'))
        expect(found).toHaveLength(sequence.length)
        found.reduce((before, level) => {
          expect(level).toBeLessThanOrEqual(before + 1)
          return level
        }, 2)
        expect(Math.min(...found)).toBe(3)
      }),
    )
  })

  it('inside a quotation stand below the heading before it', () => {
    const blocks = lexBlocks('## a\n\n> # quoted\n')
    expect(headingLevels(blocks).at(-1)).toBe(4)
  })
})
