import type { Budget, BudgetPeriodEntry } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { formatMoment, formatUsd } from '../../format.ts'
import { Badge, type Column, Dialog, Table } from '../../ui/index.ts'
import { consoleQueries } from '../keys/console-queries.ts'
import { StackedBars } from '../usage/StackedBars.tsx'
import { BudgetBar } from './BudgetBar.tsx'

interface BudgetHistoryProps {
  /** Null when closed. */
  budget: Budget | null
  onClose: () => void
}

/** What a budget has spent, period by period. */
export const BudgetHistory = ({ budget, onClose }: BudgetHistoryProps) => (
  <Dialog
    open={budget !== null}
    onClose={onClose}
    title={`What ${budget?.name ?? ''} has spent`}
    size="lg"
    description={budget && `Periods begin at midnight in ${budget.timeZone.replaceAll('_', ' ')}.`}
  >
    {budget && <History budget={budget} />}
  </Dialog>
)

function History({ budget }: { budget: Budget }) {
  const query = useInfiniteQuery(consoleQueries.budgetPeriods(useSession().workspace.id, budget.id))
  return (
    <div className="flex flex-col gap-4">
      <BudgetBar budget={budget} />
      <Loaded
        query={query}
        what="periods"
        empty={<p className="text-muted">It has spent nothing in any period so far.</p>}
      >
        {(periods) => (
          <>
            <StackedBars
              label={`Spending of ${budget.name} by period`}
              series={[{ name: 'Spent', tone: 'bg-chart-1' }]}
              bars={periods.toReversed().map((period) => ({
                key: period.startsAt,
                name: dayIn(budget.timeZone, period.startsAt),
                values: [Number(period.spentNanoUsd) / 1e9],
              }))}
              format={(dollars) => formatUsd(String(Math.round(dollars * 1e9)))}
            />
            <Table
              caption={`Periods of ${budget.name}`}
              rows={periods}
              rowKey={({ startsAt }) => startsAt}
              columns={periodColumns(budget)}
            />
          </>
        )}
      </Loaded>
    </div>
  )
}

/** The day on which a period begins where the budget counts, not where its reader is. */
const dayIn = (timeZone: string, timestamp: string): string =>
  new Date(timestamp).toLocaleDateString('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  })

const periodColumns = ({ timeZone, startsAt, limitNanoUsd }: Budget): Column<BudgetPeriodEntry>[] => [
  {
    id: 'start',
    header: 'From',
    isTitle: true,
    className: '@xl:w-full',
    cell: (period) => (
      <span>
        {dayIn(timeZone, period.startsAt)} {period.startsAt === startsAt && <Badge>now</Badge>}
      </span>
    ),
  },
  {
    id: 'spent',
    header: 'Spent',
    align: 'end',
    className: 'whitespace-nowrap tabular-nums',
    cell: ({ spentNanoUsd }) => formatUsd(spentNanoUsd),
  },
  {
    id: 'share',
    header: 'Of the limit now',
    align: 'end',
    className: 'whitespace-nowrap tabular-nums',
    cell: ({ spentNanoUsd }) => shareText(spentNanoUsd, limitNanoUsd),
  },
  {
    id: 'alert',
    header: 'Warned',
    className: 'whitespace-nowrap',
    cell: ({ alerts }) =>
      alerts.length === 0
        ? 'not yet'
        : alerts.map(({ percent, reachedAt }) => (
            <p key={percent}>{`at ${percent} %, ${formatMoment(reachedAt)}`}</p>
          )),
  },
]

const shareText = (spent: string, limit: string): string =>
  limit === '0' ? '–' : `${Math.round((Number(spent) / Number(limit)) * 100).toLocaleString('en')} %`
