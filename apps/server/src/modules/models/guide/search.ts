import MiniSearch from 'minisearch'
import type { Passage } from './passages.ts'
import { synonymsOf, termsOf } from './text.ts'

export interface Hit {
  readonly passage: Passage
  /** BM25+ score, comparable within one index only. */
  readonly score: number
  /** Which share of what was asked for the passage speaks of, 0 to 1. */
  readonly coverage: number
}

export interface PassageIndex {
  readonly size: number
  /** The best passages first. */
  search(question: string, limit?: number): Hit[]
}

/** Ranks passages by BM25+ over heading, title and text, with plurals, prefixes and small typing errors forgiven. */
export function createIndex(passages: readonly Passage[]): PassageIndex {
  const byId = new Map(passages.map((passage) => [passage.id, passage]))
  const index = new MiniSearch<Passage>({
    fields: ['heading', 'title', 'text'],
    tokenize: termsOf,
    processTerm: (term) => term,
    searchOptions: {
      tokenize: (text) => text.split(' '),
      boost: { heading: 2.5, title: 1.5 },
      prefix: (term) => term.length >= 4,
      fuzzy: (term) => (term.length >= 6 ? 1 : false),
      weights: { prefix: 0.4, fuzzy: 0.2 },
    },
  })
  index.addAll(passages)
  return {
    size: passages.length,
    search: (question, limit = 5) => {
      const asked = [...new Set(termsOf(question))]
      if (asked.length === 0) return []
      const expanded = new Set(asked.flatMap((term) => [term, ...synonymsOf(term)]))
      const results = index.search([...expanded].join(' '), {
        boostTerm: (term) => (asked.includes(term) ? 1 : 0.5),
      })
      const hits = results.slice(0, considered).flatMap(({ id, score, queryTerms }) => {
        const passage = byId.get(Number(id))
        return passage ? [{ passage, score, coverage: coverage(asked, new Set(queryTerms)) }] : []
      })
      return hits.toSorted((a, b) => weightOf(b) - weightOf(a)).slice(0, limit)
    },
  }
}

/** How many of the best by score are ranked by what they cover, too. */
const considered = 30

/** A passage that speaks of all that was asked stands before one that speaks of a part of it at length. */
const weightOf = ({ score, coverage }: Hit): number => score * coverage ** 2

function coverage(asked: readonly string[], matched: ReadonlySet<string>): number {
  const met = asked.filter(
    (term) => matched.has(term) || synonymsOf(term).some((other) => matched.has(other)),
  )
  return met.length / asked.length
}
