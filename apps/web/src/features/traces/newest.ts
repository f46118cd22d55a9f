import type { TraceSummary } from '@atrium/contract'
import type { InfiniteData } from '@tanstack/react-query'
import type { Page } from '../../api/page.ts'

export type TracePages = InfiniteData<Page<TraceSummary>>

/** So many rows on the first page are kept while new ones keep coming; then the list begins anew. */
const mostOnFirstPage = 2000

/**
 * The list with what is newest now: new traces come in and those that have grown are replaced, in the order of the list.
 * When so much has come that rows between are missing, the list begins anew.
 */
export function withNewest(known: TracePages, newest: Page<TraceSummary>): TracePages {
  const [first, ...later] = known.pages
  const ids = new Set(known.pages.flatMap(({ data }) => data.map(({ id }) => id)))
  const hasGap = newest.meta.hasMore && !newest.data.some(({ id }) => ids.has(id))
  if (!first || hasGap || first.data.length > mostOnFirstPage) return { pages: [newest], pageParams: [null] }
  const fresh = new Map(newest.data.map((trace) => [trace.id, trace]))
  const rest = first.data.filter(({ id }) => !fresh.has(id))
  const data = [...newest.data, ...rest].toSorted(newestFirst)
  const others = later.map((page) => ({ ...page, data: page.data.filter(({ id }) => !fresh.has(id)) }))
  return { ...known, pages: [{ ...first, data }, ...others] }
}

const newestFirst = (a: TraceSummary, b: TraceSummary): number => {
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? 1 : -1
  return a.id < b.id ? 1 : -1
}

/** The traces of all pages, each once: one whose start was corrected in between may be on two. */
export function tracesOf(pages: TracePages | undefined): TraceSummary[] {
  const all = pages?.pages.flatMap(({ data }) => data) ?? []
  return [...new Map(all.map((trace) => [trace.id, trace])).values()]
}
