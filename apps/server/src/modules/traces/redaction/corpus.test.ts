import { describe, expect, it } from 'vitest'
import { corpus, type Sample, type Span } from './corpus/index.ts'
import { createRedactor, defaultRules } from './index.ts'

const { text: redact } = createRedactor(defaultRules)

/** What went from a text, told by what is left of it. */
function spansOf({ text, spans: expected }: Sample): readonly Span[] {
  const redacted = redact(text).text
  if (redacted === withMarks(text, expected)) return expected
  const spans: Span[] = []
  const pieces = redacted.split(/\[redacted:(\w+)\]/)
  let at = (pieces[0] ?? '').length
  for (let index = 1; index < pieces.length; index += 2) {
    const rest = pieces[index + 1] ?? ''
    const isLast = index + 2 >= pieces.length
    const end = isLast ? text.length - rest.length : text.indexOf(rest, at + 1)
    spans.push({ rule: pieces[index] ?? '', start: at, end })
    at = end + rest.length
  }
  return spans
}

const withMarks = (text: string, spans: readonly Span[]): string =>
  spans
    .toReversed()
    .reduce(
      (left, { rule, start, end }) => `${left.slice(0, start)}[redacted:${rule}]${left.slice(end)}`,
      text,
    )

interface Score {
  right: number
  wrong: number
  missed: number
}

const isSame = (a: Span) => (b: Span) => a.rule === b.rule && a.start === b.start && a.end === b.end

/** A span counts only when rule, beginning and end are all as they should be. */
function scoreAll(): { scores: Map<string, Score>; failures: string[] } {
  const scores = new Map<string, Score>()
  const failures: string[] = []
  const add = (rule: string, kind: keyof Score): void => {
    const score = scores.get(rule) ?? { right: 0, wrong: 0, missed: 0 }
    score[kind]++
    scores.set(rule, score)
  }
  for (const sample of corpus) {
    const found = spansOf(sample)
    for (const span of sample.spans) add(span.rule, found.some(isSame(span)) ? 'right' : 'missed')
    const wrong = found.filter((span) => !sample.spans.some(isSame(span)))
    for (const { rule } of wrong) add(rule, 'wrong')
    if (wrong.length > 0 || found.length !== sample.spans.length) {
      failures.push(`${JSON.stringify(sample.text)} → ${JSON.stringify(redact(sample.text).text)}`)
    }
  }
  return { scores, failures }
}

const total = (scores: Map<string, Score>): Score =>
  [...scores.values()].reduce(
    (sum, { right, wrong, missed }) => ({
      right: sum.right + right,
      wrong: sum.wrong + wrong,
      missed: sum.missed + missed,
    }),
    { right: 0, wrong: 0, missed: 0 },
  )

const precision = ({ right, wrong }: Score): number => (right + wrong === 0 ? 1 : right / (right + wrong))
const recall = ({ right, missed }: Score): number => (right + missed === 0 ? 1 : right / (right + missed))

function table(scores: Map<string, Score>): string {
  const rows = [...scores, ['all', total(scores)] as const].map(
    ([rule, score]) =>
      `${rule.padEnd(16)}${String(score.right + score.missed).padStart(6)}${precision(score).toFixed(3).padStart(11)}${recall(score).toFixed(3).padStart(8)}`,
  )
  return ['rule             spans  precision  recall', ...rows].join('\n')
}

describe('the corpus', () => {
  const { scores, failures } = scoreAll()

  it('prints how well each rule does', () => {
    const clean = corpus.filter(({ spans }) => spans.length === 0).length
    process.stdout.write(
      `${corpus.length} samples, ${clean} of them clean\n${table(scores)}\n${failures.join('\n')}\n`,
    )
    expect(corpus.length).toBeGreaterThanOrEqual(250)
  })

  it('stays above the floors', () => {
    expect(precision(total(scores))).toBeGreaterThanOrEqual(0.97)
    expect(recall(total(scores))).toBeGreaterThanOrEqual(0.97)
    for (const [rule, score] of scores) {
      expect(precision(score), `precision of ${rule}`).toBeGreaterThanOrEqual(0.95)
      expect(recall(score), `recall of ${rule}`).toBeGreaterThanOrEqual(0.95)
    }
  })
})
