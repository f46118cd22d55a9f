import { describe, expect, it } from 'vitest'
import { withoutBegunTable } from './begun-table.ts'
import { lexBlocks } from './lex.ts'

const shown = (text: string) =>
  withoutBegunTable(lexBlocks(text)).flatMap(({ token }) =>
    token.type === 'space' ? [] : [`${token.type} ${token.raw.trim()}`],
  )

const table = '| Role | What |\n| :--- | ---: |\n| a | b |\n'

describe('withoutBegunTable', () => {
  it('shows nothing of a table until it is one, at any length of the text', () => {
    for (let end = 1; end <= table.length; end += 1) {
      for (const block of shown(table.slice(0, end))) expect(block).toMatch(/^table /)
      const [before, ...rest] = shown(`The roles:\n${table.slice(0, end)}`)
      expect(before).toBe('paragraph The roles:')
      for (const block of rest) expect(block).toMatch(/^table /)
    }
    expect(shown(table)).toHaveLength(1)
  })

  it('shows a line with bars as soon as no table can come of it', () => {
    expect(shown('|x| is a size\n')).toEqual([])
    expect(shown('|x| is a size\n\n')).toEqual(['paragraph |x| is a size'])
    expect(shown('|x| is a size\nand so')).toEqual(['paragraph |x| is a size\nand so'])
    expect(shown('| a | b |\n| c | d')).toEqual(['paragraph | a | b |\n| c | d'])
  })

  it('gives the same blocks where nothing is held back', () => {
    for (const text of ['Words', `${table}\nWords`, 'a | b', '- one\n- |']) {
      const blocks = lexBlocks(text)
      expect(withoutBegunTable(blocks)).toBe(blocks)
    }
  })
})
