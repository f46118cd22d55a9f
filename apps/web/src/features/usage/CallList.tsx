import type { CallSummary, DisplayCurrency } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useSession } from '../../api/session.tsx'
import { formatMoment, formatMs, formatTokens } from '../../format.ts'
import {
  Badge,
  Button,
  type Column,
  EmptyState,
  ErrorState,
  Select,
  SkeletonRows,
  Table,
} from '../../ui/index.ts'
import { Amount } from '../gateway/Amount.tsx'
import { PanelSection } from '../settings/Panel.tsx'
import { statusText, statusTone, tokensOf } from './call-text.ts'
import { statuses, usageQueries } from './usage-query.ts'
import type { UsageView } from './use-usage.ts'

/** Single calls, the newest first; each opens with its “why”. */
export function CallList({ view: { asked, choose } }: { view: UsageView }) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    usageQueries.calls(useSession().workspace.id, asked),
  )
  const rows = data?.pages.flatMap((page) => page.data) ?? []
  const display = data?.pages[0]?.display
  return (
    <PanelSection
      title="Calls"
      action={
        <Select
          label="Outcome"
          hideLabel
          className="w-36"
          options={statuses}
          value={asked.status}
          onValue={(status) => choose({ status })}
        />
      }
    >
      {!data && !error && <SkeletonRows label="Reading the calls" />}
      {error && (
        <ErrorState title="The calls could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {data && rows.length === 0 && (
        <EmptyState title="No calls match">Choose a longer period or fewer filters.</EmptyState>
      )}
      {display && rows.length > 0 && (
        <Table
          caption="Calls"
          rows={rows}
          rowKey={({ id }) => id}
          rowClassName="relative hover:bg-hover"
          columns={columns(display, (id) => choose({ call: id }))}
        />
      )}
      {hasNextPage && (
        <div>
          <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </PanelSection>
  )
}

const columns = (display: DisplayCurrency, open: (id: string) => void): Column<CallSummary>[] => [
  {
    id: 'time',
    header: 'Time',
    isTitle: true,
    className: 'whitespace-nowrap',
    cell: ({ id, createdAt }) => (
      <button
        type="button"
        onClick={() => open(id)}
        className="touch-target min-h-6 text-left tabular-nums underline decoration-line-strong underline-offset-3 after:absolute after:inset-0 hover:decoration-ink focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
      >
        {formatMoment(createdAt)}
        <span className="sr-only">, open this call</span>
      </button>
    ),
  },
  {
    id: 'model',
    header: 'Model',
    className: '@xl:w-1/4',
    cell: ({ model }) => <span className="break-all">{model}</span>,
  },
  {
    id: 'who',
    header: 'By',
    cell: ({ key, person, purpose }) => (
      <span className="line-clamp-2 break-words">
        {key?.name ?? person.name ?? 'somebody who left'}
        {purpose === 'title' && <span className="text-muted">, automatic title</span>}
      </span>
    ),
  },
  {
    id: 'status',
    header: 'Outcome',
    cell: ({ status }) => <Badge tone={statusTone[status]}>{statusText[status]}</Badge>,
  },
  {
    id: 'tokens',
    header: 'Tokens',
    align: 'end',
    className: 'tabular-nums',
    cell: ({ tokens, estimated }) => `${estimated ? '≈ ' : ''}${formatTokens(tokensOf(tokens))}`,
  },
  {
    id: 'took',
    header: 'Took',
    align: 'end',
    className: 'whitespace-nowrap tabular-nums',
    cell: ({ totalMs }) => formatMs(totalMs),
  },
  {
    id: 'cost',
    header: 'Cost',
    align: 'end',
    cell: ({ cost }) => <Amount cost={cost} display={display} />,
  },
]
