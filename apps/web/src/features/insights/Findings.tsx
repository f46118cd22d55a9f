import { useQuery } from '@tanstack/react-query'
import type { Reply } from '../../api/client.ts'
import { paths } from '../../paths.ts'
import { Icon } from '../../ui/index.ts'
import { TextLink } from '../identity/TextLink.tsx'
import { type Finding, findingsOf } from './findings.ts'
import { type InsightSearch, traceSearchOf } from './insight-filters.ts'
import { insightQueries } from './insight-queries.ts'
import type { InsightsView } from './use-insights.ts'

/** What is not as it was, in words; nothing when all is. */
export function Findings({
  view: { workspaceId, asked },
  reply,
}: {
  view: InsightsView
  reply: Reply<'readHomeKpis'>
}) {
  const { data } = useQuery(insightQueries.performance(workspaceId, asked))
  const findings = findingsOf(reply.current, reply.previous, asked.by === 'model' ? (data?.groups ?? []) : [])
  if (findings.length === 0) return null
  return (
    <section aria-label="Worth a look" className="flex flex-col gap-1.5 border-l-2 border-warn pl-3">
      <h3 className="text-13 font-semibold">Worth a look</h3>
      <ul className="flex flex-col gap-1">
        {findings.map((finding) => (
          <li key={finding.key} className="flex gap-2">
            <Icon name="alert" size={14} className="mt-1 shrink-0 text-warn" />
            <span>
              {finding.text} <Way finding={finding} search={asked.search} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** To where one sees more about it. */
function Way({ finding: { key, model }, search }: { finding: Finding; search: InsightSearch }) {
  if (key === 'unpriced')
    return <TextLink to={paths.models({ price: 'unknown' })}>Models without a price</TextLink>
  if (key === 'errors') {
    const { range, from, to } = search
    return <TextLink to={paths.traces({ status: 'error', range, from, to })}>Failed traces</TextLink>
  }
  const traces = model === undefined ? null : traceSearchOf('model', model, search)
  return traces && <TextLink to={paths.traces(traces)}>Its traces</TextLink>
}
