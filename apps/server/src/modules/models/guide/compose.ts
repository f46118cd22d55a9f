import type { Hit } from './search.ts'
import type { Passage } from './passages.ts'
import { say, type Section } from './script.ts'
import { sentencesOf, stem, synonymsOf, termsOf, wordCount, words } from './text.ts'

const shortPassageWords = 170
const mostSources = 2

/** An answer out of the best passages, with numbered sources. The hits are at least one, best first. */
export function composeAnswer(question: string, hits: readonly Hit[]): Section[] {
  const [best, ...others] = hits
  if (!best) return []
  const asked = new Set(termsOf(question).flatMap((term) => [term, ...synonymsOf(term)]))
  const used = [best, ...others.filter((hit) => belongs(best, hit)).slice(0, mostSources - 1)]
  const paragraphs = used.map((hit, place) => paragraph(hit.passage, asked, place + 1, used.length > 1))
  const related = relatedTo(others.filter((hit) => !used.includes(hit)))
  return [
    say([...paragraphs, ...seeAlso(related, used.length + 1)].join('\n\n')),
    ...[...used, ...related].map(({ passage }): Section => ({
      kind: 'source',
      title: titleOf(passage),
      snippet: snippet(passage),
    })),
  ]
}

/** Where a passage stands, for people. */
export function titleOf({ title, heading }: Passage): string {
  return heading === '' ? title : `${title} › ${heading}`
}

/** A second passage is told too when it answers about as well, not merely because it shares a word. */
function belongs(best: Hit, hit: Hit): boolean {
  return hit.coverage >= best.coverage && hit.score >= 0.6 * best.score
}

function paragraph(passage: Passage, asked: ReadonlySet<string>, index: number, several: boolean): string {
  const heading = several || passage.heading !== '' ? `**${passage.heading || passage.title}**\n\n` : ''
  const body = wordCount(passage.text) <= shortPassageWords ? passage.text : essence(passage.text, asked)
  return heading + cite(body, index)
}

/** The mark goes behind the last word, or on a line of its own after a list, a table or code. */
function cite(body: string, index: number): string {
  const lastLine = body.slice(body.lastIndexOf('\n') + 1)
  const block = /^\s*([-*|`]|\d+\.)/.test(lastLine)
  return block ? `${body}\n\n[${index}]` : `${body} [${index}]`
}

const relatedTo = (hits: readonly Hit[]): Hit[] =>
  hits.filter((hit) => hit.passage.heading !== '' && hit.coverage >= 0.5).slice(0, 2)

/** Names further passages by the numbers under which they stand among the sources. */
function seeAlso(related: readonly Hit[], first: number): string[] {
  if (related.length === 0) return []
  const names = related.map(({ passage }, place) => `*${titleOf(passage)}* [${first + place}]`)
  return [`See also: ${names.join(', ')}.`]
}

/** What matters of a long passage: its first block, and the blocks, rows or sentences that speak of what was asked. */
function essence(text: string, asked: ReadonlySet<string>): string {
  const blocks = text.split(/\n\n+/)
  const chosen = blocks
    .map((block, place) => ({ block, place, score: relevance(block, asked) }))
    .filter(({ score, place }) => score > 0 || (place === 0 && blocks.length > 1))
    .toSorted((a, b) => b.score - a.score || a.place - b.place)
    .slice(0, 4)
    .toSorted((a, b) => a.place - b.place)
    .map(({ block }) => condense(block, asked))
  return chosen.length > 0 ? chosen.join('\n\n') : condense(text, asked)
}

function condense(block: string, asked: ReadonlySet<string>): string {
  if (wordCount(block) <= 60) return block
  if (block.startsWith('|')) return rowsAbout(block, asked)
  const sentences = sentencesOf(block)
  const ranked = sentences.map((sentence, place) => ({ sentence, place, score: relevance(sentence, asked) }))
  const best = ranked.toSorted((a, b) => b.score - a.score || a.place - b.place).slice(0, 4)
  return best
    .toSorted((a, b) => a.place - b.place)
    .map(({ sentence }) => sentence)
    .join(' ')
}

function rowsAbout(table: string, asked: ReadonlySet<string>): string {
  const [head = '', rule = '', ...rows] = table.split('\n')
  const matching = rows.filter((row) => relevance(row, asked) > 0)
  return [head, rule, ...(matching.length > 0 ? matching : rows)].join('\n')
}

function relevance(text: string, asked: ReadonlySet<string>): number {
  const met = new Set(
    words(text)
      .map(stem)
      .filter((term) => asked.has(term)),
  )
  return met.size
}

const snippetChars = 220

function snippet({ text }: Passage): string {
  const plain = withoutMarkdown(text)
  return plain.length <= snippetChars ? plain : `${plain.slice(0, plain.lastIndexOf(' ', snippetChars))} …`
}

/** Prose as it reads: emphasis and code lose their signs, the cells of a table stand one after another. */
function withoutMarkdown(text: string): string {
  return text
    .replaceAll(/^\s*\|[\s:|-]+\|\s*$/gm, '')
    .replaceAll(/^\s*\||\|\s*$/gm, '')
    .replaceAll(/\s*\|\s*/g, ' · ')
    .replaceAll(/^[ \t]*(?:```.*|#{1,6}|>|[-*])(?=\s|$)/gm, '')
    .replaceAll(/\[([^\]]+)\]\([^)\s]+\)/g, '$1')
    .replaceAll(/\*\*|[*`]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

const summarySentences = 5
/** A text without full stops is one sentence, however long. */
const sentenceChars = 400
const summarisedChars = 100_000

const shortened = (sentence: string): string =>
  sentence.length <= sentenceChars ? sentence : `${sentence.slice(0, sentenceChars).toWellFormed()} …`

/** The sentences that carry most of a text's own frequent words, in their order. */
export function summarise(text: string): string {
  const counts = new Map<string, number>()
  for (const term of termsOf(text)) counts.set(term, (counts.get(term) ?? 0) + 1)
  const weigh = (sentence: string): number => {
    const terms = termsOf(sentence)
    const sum = terms.reduce((total, term) => total + (counts.get(term) ?? 0), 0)
    return terms.length < 3 ? 0 : sum / Math.sqrt(terms.length + 4)
  }
  return sentencesOf(text.slice(0, summarisedChars))
    .slice(0, 2000)
    .map((sentence, place) => ({ sentence, place, weight: weigh(sentence) * (place === 0 ? 1.5 : 1) }))
    .toSorted((a, b) => b.weight - a.weight || a.place - b.place)
    .slice(0, summarySentences)
    .toSorted((a, b) => a.place - b.place)
    .map(({ sentence }) => `- ${shortened(sentence.replaceAll(/\s+/g, ' '))}`)
    .join('\n')
}
