import { useQuery } from '@tanstack/react-query'
import { urlOf } from '../../api/client.ts'
import { useSession } from '../../api/session.tsx'
import { buttonClass, ErrorState, Icon, Select, SkeletonRows } from '../../ui/index.ts'
import { ConsolePage } from '../gateway/ConsolePage.tsx'
import { Breakdown } from './Breakdown.tsx'
import { CallDialog } from './CallDialog.tsx'
import { CallList } from './CallList.tsx'
import { UsageChart } from './UsageChart.tsx'
import { Totals } from './Totals.tsx'
import { spans, usageQueries } from './usage-query.ts'
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
      <Summary view={view} />
      <UsageChart view={view} />
      <Breakdown view={view} />
      <CallList view={view} />
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

function Summary({ view: { asked } }: { view: UsageView }) {
  const { data, error, refetch } = useQuery(usageQueries.totals(useSession().workspace.id, asked))
  if (data) return <Totals usage={data} />
  if (!error) return <SkeletonRows rows={2} label="Reading the usage" />
  return <ErrorState title="The usage could not be read." error={error} onRetry={() => void refetch()} />
}
