import { useQuery } from '@tanstack/react-query'
import { urlOf } from '../../api/client.ts'
import { useSession } from '../../api/session.tsx'
import { Button, buttonClass, EmptyState, ErrorState, Icon, Select, SkeletonRows } from '../../ui/index.ts'
import { ConsolePage } from '../gateway/ConsolePage.tsx'
import { Breakdown } from './Breakdown.tsx'
import { CallDialog } from './CallDialog.tsx'
import { CallList } from './CallList.tsx'
import { UsageChart } from './UsageChart.tsx'
import { Totals } from './Totals.tsx'
import { filterOf, spans, usageQueries } from './usage-query.ts'
import { UsageChips } from './UsageChips.tsx'
import { type UsageView, useUsage } from './use-usage.ts'

/** What was used, what it cost, and every single call. */
export function UsageScreen() {
  const { workspace, can } = useSession()
  const view = useUsage()
  const { filters, asked, choose } = view
  return (
    <ConsolePage
      title="Usage"
      lead={
        can('usage:read-all')
          ? `Every call of ${workspace.name}, from chat and through the gateway.`
          : 'Your own calls, from chat and through the gateway.'
      }
      actions={<Actions view={view} />}
    >
      <UsageChips view={view} />
      <Figures view={view} />
      <CallDialog callId={filters.call ?? null} onClose={() => choose({ call: '' })} key={asked.days} />
    </ConsolePage>
  )
}

function Actions({ view: { asked, choose } }: { view: UsageView }) {
  const workspaceId = useSession().workspace.id
  const { query, status } = asked
  const csv = urlOf('exportCalls', {
    params: { workspaceId },
    query: { ...query, ...(status && { status }) },
  })
  return (
    <>
      <Select
        label="Period"
        hideLabel
        className="w-32"
        options={spans}
        value={asked.days}
        onValue={(days) => choose({ days })}
      />
      <a href={csv} download="usage.csv" className={buttonClass()}>
        <Icon name="download" />
        CSV
      </a>
    </>
  )
}

function Figures({ view }: { view: UsageView }) {
  const { data, error, refetch } = useQuery(usageQueries.totals(useSession().workspace.id, view.asked))
  if (data?.totals.calls === 0) return <NoCalls view={view} hadCalls={(data.previous?.calls ?? 0) > 0} />
  return (
    <>
      {data && <Totals usage={data} />}
      {!data && !error && <SkeletonRows rows={2} label="Reading the usage" />}
      {error && (
        <ErrorState title="The usage could not be read." error={error} onRetry={() => void refetch()} />
      )}
      <UsageChart view={view} />
      <Breakdown view={view} />
      <CallList view={view} />
    </>
  )
}

/** Instead of charts and lists of zeros. */
function NoCalls({ view: { filters, asked, choose }, hadCalls }: { view: UsageView; hadCalls: boolean }) {
  const isNarrowed = Object.values(filterOf).some((filter) => filters[filter])
  const isLongest = asked.days === '365'
  return (
    <EmptyState
      icon="chart"
      title={isNarrowed ? 'No calls match in this period' : 'No calls in this period'}
      action={!isLongest && <Button onClick={() => choose({ days: '365' })}>Show a whole year</Button>}
    >
      {isNarrowed || hadCalls
        ? 'Choose a longer period or fewer filters.'
        : 'Ask something in the chat, or point an SDK at Atrium; it appears here within seconds.'}
    </EmptyState>
  )
}
