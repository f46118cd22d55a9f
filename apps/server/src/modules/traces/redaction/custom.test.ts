import { describe, expect, it } from 'vitest'
import { createRedactor, type CustomRule, RedactionRuleError } from './index.ts'

const withRules = (...custom: CustomRule[]) => createRedactor({ custom })

describe('a custom rule', () => {
  it('takes out what its pattern matches', () => {
    const { text } = withRules({ name: 'staff', pattern: '\\bEMP-\\d{4}\\b' })
    expect(text('ask EMP-1234 or EMP-5678')).toEqual({
      text: 'ask [redacted:staff] or [redacted:staff]',
      found: new Map([['staff', 2]]),
    })
  })

  it('writes its own replacement, to the letter', () => {
    const { text } = withRules({ name: 'staff', pattern: 'EMP-(\\d+)', replacement: '<$1 $&>' })
    expect(text('ask EMP-1234').text).toBe('ask <$1 $&>')
  })

  it('leaves marks that stand in the text alone, and nothing beside them', () => {
    const { text } = withRules({ name: 'word', pattern: '\\w+' })
    expect(text('[redacted:email] abc').text).toBe('[redacted:email] [redacted:word]')
    const line = withRules({ name: 'line', pattern: 'secret .*' })
    expect(line.text('secret one [redacted:email] two').text).not.toMatch(/one|two/)
  })

  it('lets the longer of two findings name the place', () => {
    const { text } = withRules({ name: 'line', pattern: 'To: .*' })
    expect(text('To: a@example.com, Bob').text).toBe('[redacted:line]')
  })

  it('loses the rest of a text once its time is over', () => {
    let nowMs = 0
    const slow = createRedactor({ custom: [{ name: 'a', pattern: 'a' }] }, { now: () => (nowMs += 100) })
    expect(slow.text('a b a b a b a b a b tail').text).not.toContain('tail')
  })

  it('reads patterns in linear time that would take others forever', () => {
    const { text } = withRules({ name: 'evil', pattern: '(a+)+b' })
    expect(text('a'.repeat(100_000)).found).toBeNull()
  })

  it.each<[string, CustomRule]>([
    ['a pattern that is not valid', { name: 'x', pattern: '(' }],
    ['a back-reference', { name: 'x', pattern: '(a)\\1' }],
    ['an empty pattern', { name: 'x', pattern: '' }],
    ['a pattern of the empty text', { name: 'x', pattern: 'a*' }],
    ['too long a pattern', { name: 'x', pattern: 'a'.repeat(501) }],
    ['too large a program', { name: 'x', pattern: '(?:[a-z]{50}[0-9]{50}){20}' }],
    ['a name in capitals', { name: 'Staff', pattern: 'a' }],
    ['the name of a built-in rule', { name: 'email', pattern: 'a' }],
    ['a replacement that the pattern matches', { name: 'x', pattern: 'a', replacement: 'banana' }],
    ['too long a replacement', { name: 'x', pattern: 'a', replacement: 'b'.repeat(101) }],
  ])('is refused with %s', (_, rule) => {
    expect(() => withRules(rule)).toThrow(RedactionRuleError)
  })

  it('is refused when it is one too many, or its name is taken', () => {
    const many = Array.from({ length: 51 }, (_, index) => ({ name: `rule_${index}`, pattern: 'zz' }))
    expect(() => createRedactor({ custom: many })).toThrow(RedactionRuleError)
    expect(() => withRules({ name: 'x', pattern: 'a' }, { name: 'x', pattern: 'b' })).toThrow(
      RedactionRuleError,
    )
  })
})
