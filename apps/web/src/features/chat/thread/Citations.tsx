import type { Citation } from '../runs/answer-parts.ts'
import { safeUrl, shownAddress } from '../markdown/links.ts'

/** The element of a source, by the message's id and the source's number. */
export const sourceId = (id: string, index: number | string): string => `source-${id}-${index}`

/** Where an answer took its claims from. */
export function Citations({ id, citations }: { id: string; citations: readonly Citation[] }) {
  if (citations.length === 0) return null
  return (
    <section className="border-t border-line pt-2">
      <p className="text-12 font-medium text-muted">Sources</p>
      <ol className="mt-1 flex flex-col gap-1.5 text-13">
        {citations.map((citation) => (
          <li
            key={`${citation.index} ${citation.title}`}
            id={sourceId(id, citation.index)}
            tabIndex={-1}
            className="flex scroll-my-24 gap-2 rounded-4 outline-none focus:bg-accent-soft"
          >
            <span className="w-5 shrink-0 text-right text-muted tabular-nums">{citation.index}</span>
            <div className="min-w-0">
              <Source citation={citation} />
              {citation.snippet && <p className="line-clamp-2 text-muted">{citation.snippet}</p>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Source({ citation: { title, url } }: { citation: Citation }) {
  const address = url === null ? null : safeUrl(url)
  if (!address) return <span className="font-medium">{title}</span>
  return (
    <>
      <a
        href={address.href}
        target="_blank"
        rel="noopener noreferrer"
        className="font-medium text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent"
      >
        {title || shownAddress(address)}
      </a>
      <span className="text-muted [overflow-wrap:anywhere]"> {shownAddress(address)}</span>
    </>
  )
}
