/**
 * The corpus was written for this project. It names no real person: cards are those of payment providers' lists of test
 * cards, IBANs the examples of SWIFT's registry, phone numbers lie in ranges reserved for fiction (555-01xx, Ofcom,
 * Bundesnetzagentur, ARCEP, ACMA, PTS) or count up, national numbers are the examples of the documents that define
 * them, addresses are of example.com and its like, and keys are noise in the right form.
 */

/** A sentence and what must go from it. */
export interface Sample {
  readonly text: string
  readonly spans: readonly Span[]
}

export interface Span {
  readonly rule: string
  readonly start: number
  readonly end: number
}

/** Reads `write to ⟦email|a@example.com⟧ today`. */
export function sampleOf(annotated: string): Sample {
  const spans: Span[] = []
  let text = ''
  let at = 0
  for (const match of annotated.matchAll(/⟦(\w+)\|([^⟧]*)⟧/g)) {
    const [whole, rule = '', found = ''] = match
    text += annotated.slice(at, match.index)
    spans.push({ rule, start: text.length, end: text.length + found.length })
    text += found
    at = match.index + whole.length
  }
  return { text: text + annotated.slice(at), spans }
}

const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const alphanumeric = `${upper}${upper.toLowerCase()}0123456789`
export const hexadecimal = '0123456789abcdef'

/** The same noise at every call with the same seed: keys in files would alarm every scanner of repositories. */
export function noise(length: number, alphabet = alphanumeric, seed = 7): string {
  let state = seed * 7919 + length
  let text = ''
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647
    text += alphabet.charAt(state % alphabet.length)
  }
  return text
}

/** Behind a name that tells nothing of a key, so that only the key's own form can. */
export const secret = (...parts: string[]): string => `⟦secret|${parts.join('')}⟧`
