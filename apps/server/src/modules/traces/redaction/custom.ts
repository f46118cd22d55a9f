import { RE2JS } from 're2js'
import type { Finding } from './findings.ts'
import { builtInRules, type CustomRule, RedactionRuleError } from './rules.ts'

const mostRules = 50
const longestPattern = 500
const longestReplacement = 100
/** Of the compiled program, in RE2's instructions: what a character costs grows with it. */
const largestProgram = 2000

/** Reads a text with one rule of a workspace; never throws. */
export type CustomScanner = (text: string) => Finding[]

/**
 * Compiles a workspace's rules on RE2, whose searches are linear in the text; it looks for a pattern's literals first.
 * Whoever has many matches that each look far ahead can still make the searches quadratic together, so each rule has
 * `budgetMs` for a text, and what remains of the text after that goes as a whole.
 *
 * @throws {RedactionRuleError} for the first rule that cannot be used
 */
export function compileCustom(
  rules: readonly CustomRule[],
  options: { readonly budgetMs: number; readonly now: () => number },
): CustomScanner[] {
  if (rules.length > mostRules) {
    throw new RedactionRuleError('', `There may be at most ${mostRules} redaction rules.`)
  }
  const names = new Set<string>(builtInRules)
  return rules.map((rule) => {
    checkName(rule.name, names)
    names.add(rule.name)
    return scannerOf(rule, compile(rule), options)
  })
}

function checkName(name: string, taken: ReadonlySet<string>): void {
  if (!/^[a-z][a-z0-9_]{0,31}$/.test(name)) {
    throw new RedactionRuleError(
      name,
      'A rule’s name has 1–32 lower-case letters, digits and _, and begins with a letter.',
    )
  }
  if (taken.has(name) || name === 'depth') {
    throw new RedactionRuleError(name, `There is another redaction rule named ${name}.`)
  }
}

function compile({ name, pattern, replacement }: CustomRule): RE2JS {
  if (pattern.length === 0 || pattern.length > longestPattern) {
    throw new RedactionRuleError(name, `The pattern of ${name} must have 1–${longestPattern} characters.`)
  }
  if (replacement !== undefined && replacement.length > longestReplacement) {
    throw new RedactionRuleError(
      name,
      `The replacement of ${name} has more than ${longestReplacement} characters.`,
    )
  }
  const compiled = parse(name, pattern)
  if (compiled.programSize() > largestProgram) {
    throw new RedactionRuleError(
      name,
      `The pattern of ${name} is too large: write fewer or smaller repetitions.`,
    )
  }
  if (compiled.test('')) throw new RedactionRuleError(name, `The pattern of ${name} matches the empty text.`)
  if (replacement !== undefined && compiled.test(replacement)) {
    throw new RedactionRuleError(name, `The pattern of ${name} matches its own replacement.`)
  }
  return compiled
}

function parse(name: string, pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it cannot be read'
    throw new RedactionRuleError(name, `The pattern of ${name} is not valid: ${reason}`, error)
  }
}

function scannerOf(
  { name, replacement }: CustomRule,
  compiled: RE2JS,
  { budgetMs, now }: { readonly budgetMs: number; readonly now: () => number },
): CustomScanner {
  const findingOf = (start: number, end: number): Finding =>
    replacement === undefined ? { rule: name, start, end } : { rule: name, start, end, replacement }
  return (text) => {
    const findings: Finding[] = []
    let read = 0
    try {
      if (!compiled.test(text)) return findings
      const kept = marksIn(text)
      const matcher = compiled.matcher(text)
      const until = now() + budgetMs
      while (matcher.find()) {
        const [start, end] = [matcher.start(), matcher.end()]
        for (const part of kept.outside(start, end)) findings.push(findingOf(part.start, part.end))
        read = end
        if (now() > until)
          return [...findings, findingOf(read, text.length)].filter((one) => one.end > one.start)
      }
      return findings
    } catch {
      // An engine that fails must not let the text through.
      return read < text.length ? [...findings, findingOf(read, text.length)] : findings
    }
  }
}

const anyMark = /\[redacted:[a-z0-9_]{1,32}\]/g

interface Span {
  readonly start: number
  readonly end: number
}

/** Marks that stand in a text already are not redacted again, lest a pattern such as `\w+` never comes to an end. */
function marksIn(text: string): { outside(start: number, end: number): Span[] } {
  const marks = Array.from(text.matchAll(anyMark), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }))
  let next = 0
  return {
    /** The parts of a match that belong to no mark; matches come in order. */
    outside(start, end) {
      const parts: Span[] = []
      let at = start
      while ((marks[next]?.end ?? Infinity) <= start) next++
      for (let index = next; at < end; index++) {
        const mark = marks[index]
        const until = Math.min(end, mark?.start ?? end)
        if (until > at) parts.push({ start: at, end: until })
        at = mark && mark.start < end ? mark.end : end
      }
      return parts
    },
  }
}
