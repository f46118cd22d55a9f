import { words } from './text.ts'

const longestTitle = 56
const mostWords = 8
/** A cut leaves at least so many words that say something. */
const leastWords = 2

/** Openings that say nothing about the matter, taken off one after another. */
const openings =
  /^(hi|hello|hey|dear|good (morning|evening|afternoon)|please|thanks|thank you|ok|okay|so|well|there|can|could|would|will|do|should) ?(you|we|i|they)?\b[\s,.!:;-]*|^(i('m| am)|we are|i (want|need|would like|'d like)|help me|tell me|show me|give me|explain( to me)?|describe|write( me)?|let's|looking for|trying|to|a|an|the|about|know|with|how (do|can|should|would|to)( (i|we|you|one))?|what (is|are)|what's|who (is|are))\b[\s,:]*/i

/** Words that begin a phrase, so that a title may end before them, and must not end with them. */
const phraseWords = new Set(
  (
    'about after against and are around as at because before between but by can could does during for from has have how if ' +
    'in into is like of on or over since so than that through to under until using via was were what when where whether ' +
    'which while who why will with without would'
  ).split(' '),
)

/** Further words that a title must not end with. */
const danglingWords = new Set(
  (
    'a all am an any be been being both did do each either every had he her his i it its just me my no not only our she ' +
    "should some such the their them there these they this those too us very we whose you your i'm i've it's"
  ).split(' '),
)

/** Words that begin what a verb on “-ing” speaks of. */
const complements = new Set(['about', 'for', 'how', 'if', 'that', 'to', 'what', 'whether', 'why'])

/** A short title from the first words that mean something; the same text always gives the same title. */
export function titleOf(text: string): string {
  const { line, asks } = firstSentence(text)
  const candidate = withoutOpenings(line)
  const kept = words(candidate).length > 0 ? candidate : line
  const title = shortened(kept)
  return capitalised(asks && title === line ? `${title}?` : title) || 'New conversation'
}

/** The first sentence outside of code blocks, without its last sign, and whether that sign asks. */
function firstSentence(text: string): { line: string; asks: boolean } {
  const prose = text.replaceAll(/```[\s\S]*?(```|$)/g, ' ').replaceAll(/[#>*_`|~[\]]+/g, ' ')
  const paragraph = prose.split('\n').find((candidate) => words(candidate).length > 0) ?? ''
  const sentence = /^(.{12,}?[.?!])(\s|$)/.exec(paragraph.trim())?.[1] ?? paragraph.trim()
  const line = sentence.replaceAll(/\s+/g, ' ').trim()
  return { line: line.replace(/[.?!\s]+$/, ''), asks: line.endsWith('?') }
}

function withoutOpenings(line: string): string {
  let rest = line
  for (let round = 0; round < 8; round += 1) {
    const shorter = rest.replace(openings, '').trimStart()
    if (shorter === rest || words(shorter).length === 0) break
    rest = shorter
  }
  return rest
}

/** The whole text when it is short, else its beginning up to the end of a phrase. */
function shortened(text: string): string {
  const all = text.split(' ')
  const fitting = countFitting(all)
  if (fitting === 0) return text.slice(0, longestTitle).toWellFormed()
  if (fitting === all.length) return trimmed(all)
  const ends = Array.from({ length: fitting }, (_, place) => fitting - place)
  // What stands before a colon is a title already; commas and small words part less.
  const clause = ends.find((end) => isSign(/[;:.!?–—]$/, all, end))
  if (clause !== undefined) return trimmed(all.slice(0, clause))
  const phrase = ends.find((end) => isSign(/[,)]$/, all, end) || beginsPhrase(all, end))
  return trimmed(withoutDangling(all, phrase ?? fitting))
}

/** How many words fit into a title. */
function countFitting(all: readonly string[]): number {
  let chars = -1
  let count = 0
  for (const word of all) {
    chars += word.length + 1
    if (chars > longestTitle || count === mostWords) break
    count += 1
  }
  return count
}

/** Whether the words before `end` say enough and a sign closes them. */
const isSign = (sign: RegExp, all: readonly string[], end: number): boolean =>
  sign.test(all[end - 1] ?? '') && contentWords(all.slice(0, end)) >= leastWords

/** Whether the words before `end` say enough and a small word begins something new there. */
const beginsPhrase = (all: readonly string[], end: number): boolean =>
  phraseWords.has(bare(all[end])) && contentWords(withoutDangling(all, end)) >= leastWords

/** The words before `end` without those at their end that promise more, as “asking” does before “to”. */
function withoutDangling(all: readonly string[], end: number): readonly string[] {
  const taken = all.slice(0, end)
  const last = taken.findLastIndex((word) => !isSmall(word))
  if (last === -1 || /[,)]$/.test(taken.at(-1) ?? '')) return taken
  const promises = all[last]?.endsWith('ing') === true && complements.has(bare(all[last + 1]))
  return taken.slice(0, promises && last > 0 ? last : last + 1)
}

const contentWords = (taken: readonly string[]): number => taken.filter((word) => !isSmall(word)).length

function isSmall(word: string): boolean {
  const plain = bare(word)
  return plain === '' || phraseWords.has(plain) || danglingWords.has(plain)
}

const bare = (word: string | undefined): string =>
  (word ?? '').toLowerCase().replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')

const trimmed = (taken: readonly string[]): string => taken.join(' ').replace(/[\s.,:;!?(–—-]+$/, '')

function capitalised(text: string): string {
  return text.replace(/^\p{Ll}/u, (first) => first.toUpperCase())
}
