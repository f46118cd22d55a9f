import { words } from './text.ts'

const longestTitle = 48
const mostWords = 7

/** Openings that say nothing about the matter, taken off one after another. */
const openings =
  /^(hi|hello|hey|dear|good (morning|evening|afternoon)|please|thanks|thank you|ok|okay|so|well|there|can|could|would|will|do|should) ?(you|we|i|they)?\b[\s,.!:;-]*|^(i('m| am)|we are|i (want|need|would like|'d like)|help me|tell me|show me|give me|explain( to me)?|describe|write( me)?|let's|looking for|trying|to|a|an|the|about|know|with|how (do|can|should|would|to)( (i|we|you|one))?|what (is|are|does|do)|what's|why (is|are|does|do)|where (is|are)|who (is|are))\b[\s,:]*/i

/** A short title from the first words that mean something; the same text always gives the same title. */
export function titleOf(text: string): string {
  const line = firstLine(text)
  const candidate = withoutOpenings(line)
  const kept = words(candidate).length > 0 ? candidate : line
  return capitalised(shortened(kept)) || 'New conversation'
}

function firstLine(text: string): string {
  const prose = text.replaceAll(/```[\s\S]*?(```|$)/g, ' ').replaceAll(/[#>*_`|~[\]]+/g, ' ')
  const line = prose.split('\n').find((candidate) => words(candidate).length > 0) ?? ''
  const sentence = /^(.{12,}?)[.?!](\s|$)/.exec(line.trim())?.[1] ?? line
  return sentence.replaceAll(/\s+/g, ' ').trim()
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

function shortened(text: string): string {
  let title = ''
  for (const word of text.split(' ').slice(0, mostWords)) {
    const longer = title === '' ? word : `${title} ${word}`
    if (longer.length > longestTitle) break
    title = longer
  }
  const cut = title || text.slice(0, longestTitle).toWellFormed()
  return cut.replace(/[\s.,:;!?-]+$/, '').replace(/ (a|an|the|of|to|in|for|and|or|with|on|my|is)$/i, '')
}

function capitalised(text: string): string {
  return text.replace(/^\p{Ll}/u, (first) => first.toUpperCase())
}
