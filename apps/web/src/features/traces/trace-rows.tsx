/* oxlint-disable jsx-a11y/prefer-tag-over-role --
   Rows that are drawn only while in view have their places set by hand, which the elements of tables do not allow. */
import type { TraceSummary } from '@atrium/contract'
import { formatTokens, formatUsd } from '../../format.ts'
import { paths } from '../../paths.ts'
import { AppLink } from '../../routes/links.tsx'
import { cx, Icon } from '../../ui/index.ts'
import { durationText } from './duration.ts'
import { logShare } from './time-scale.ts'

/** The columns of the list, as the space of the list allows. */
export const gridClass =
  'grid items-center gap-x-3 px-4 md:px-6 grid-cols-[5rem_minmax(6rem,1fr)_4.5rem_7rem] ' +
  '@2xl:grid-cols-[5rem_minmax(8rem,3fr)_minmax(6rem,2fr)_4.5rem_8rem] ' +
  '@4xl:grid-cols-[5rem_minmax(8rem,3fr)_minmax(5.5rem,2fr)_minmax(5.5rem,2fr)_4.5rem_7.5rem_2.5rem_3.5rem_4.5rem]'

export const headers = [
  { id: 'time', header: 'Time', tip: undefined },
  { id: 'name', header: 'Name', tip: undefined },
  { id: 'who', header: 'Agent', tip: 'The agent, or the service that sent it' },
  { id: 'models', header: 'Models', tip: undefined },
  { id: 'status', header: 'Status', tip: undefined },
  { id: 'duration', header: 'Duration', tip: 'Bars grow with the logarithm of the duration' },
  { id: 'spans', header: 'Spans', tip: undefined },
  { id: 'tokens', header: 'Tokens', tip: undefined },
  { id: 'cost', header: 'Cost', tip: undefined },
] as const

export const cellClasses: Readonly<Record<(typeof headers)[number]['id'], string>> = {
  time: 'truncate',
  name: 'truncate',
  who: 'hidden truncate @4xl:block',
  models: 'hidden truncate @2xl:block',
  status: 'truncate',
  duration: 'text-right',
  spans: 'hidden text-right @4xl:block',
  tokens: 'hidden text-right @4xl:block',
  cost: 'hidden text-right @4xl:block',
}

interface RowProps {
  trace: TraceSummary
  /** The longest that is listed. */
  largestMs: number
}

/** A trace as a row of cells. */
export function TraceCells({ trace, largestMs }: RowProps) {
  const { id, name, startedAt, agent, service, models, spans, tokens, costNanoUsd, hasRoot } = trace
  return (
    <>
      <TraceSpine trace={trace} />
      <div role="gridcell" className={cx(cellClasses.time, 'text-12 text-muted tabular-nums')}>
        <time dateTime={startedAt}>{timeText(startedAt)}</time>
      </div>
      <div role="gridcell" className={cx(cellClasses.name, 'text-13')}>
        <TraceLink id={id} name={name} />
        {!hasRoot && <span className="text-muted"> · root not here yet</span>}
      </div>
      <div role="gridcell" className={cx(cellClasses.who, 'text-13')}>
        {agent ?? <span className="text-muted">{service ?? '–'}</span>}
      </div>
      <div role="gridcell" className={cx(cellClasses.models, 'text-13')}>
        <Models models={models} />
      </div>
      <div role="gridcell" className={cx(cellClasses.status, 'text-12')}>
        <Outcome trace={trace} />
      </div>
      <div role="gridcell" className="flex items-center gap-2">
        <Bar trace={trace} largestMs={largestMs} />
      </div>
      <div role="gridcell" className={cx(cellClasses.spans, 'text-13 tabular-nums')}>
        {formatTokens(spans)}
      </div>
      <div role="gridcell" className={cx(cellClasses.tokens, 'text-13 tabular-nums')}>
        {tokens > 0 ? formatTokens(tokens) : '–'}
      </div>
      <div role="gridcell" className={cx(cellClasses.cost, 'text-13 tabular-nums')}>
        {costNanoUsd === null ? '–' : formatUsd(costNanoUsd)}
      </div>
    </>
  )
}

/** The same on a phone: two lines. */
export function TraceCard({ trace, largestMs }: RowProps) {
  const { id, name, startedAt, agent, service, models, tokens, costNanoUsd } = trace
  const facts = [agent ?? service, models[0], tokens > 0 && `${formatTokens(tokens)} tokens`].filter(Boolean)
  return (
    <div role="gridcell" className="flex h-full flex-col justify-center gap-1 px-4">
      <TraceSpine trace={trace} />
      <div className="flex items-center gap-3">
        <span className="min-w-0 flex-1 truncate text-14 font-medium">
          <TraceLink id={id} name={name} />
        </span>
        <span className="flex w-28 items-center gap-2">
          <Bar trace={trace} largestMs={largestMs} />
        </span>
      </div>
      <div className="flex items-center gap-2 text-12 text-muted">
        <time dateTime={startedAt} className="shrink-0 tabular-nums">
          {timeText(startedAt)}
        </time>
        <span className="min-w-0 flex-1 truncate">{facts.join(' · ')}</span>
        <Outcome trace={trace} />
        {costNanoUsd !== null && <span className="shrink-0 tabular-nums">{formatUsd(costNanoUsd)}</span>}
      </div>
    </div>
  )
}

/** Not a stop of the Tab key: the row is opened with Enter. */
const TraceLink = ({ id, name }: { id: string; name: string }) => (
  <AppLink
    to={paths.trace(id)}
    tabIndex={-1}
    onClick={(event) => event.stopPropagation()}
    className="decoration-line-strong underline-offset-3 hover:underline"
  >
    {name || 'without a name'}
  </AppLink>
)

/** The line on the left: broken while the root has not arrived, red when something failed. */
const TraceSpine = ({ trace: { errors, hasRoot } }: { trace: TraceSummary }) => (
  <span
    aria-hidden="true"
    className={cx(
      'absolute inset-y-0 left-0 border-l-3',
      errors > 0 ? 'border-danger' : 'border-transparent',
      !hasRoot && 'border-dashed',
      !hasRoot && errors === 0 && 'border-line-strong',
    )}
  />
)

function Models({ models: [first, ...others] }: { models: readonly string[] }) {
  if (first === undefined) return <span className="text-muted">–</span>
  return (
    <span title={[first, ...others].join('\n')}>
      {first}
      {others.length > 0 && <span className="text-muted"> +{others.length}</span>}
    </span>
  )
}

function Outcome({ trace: { errors } }: { trace: TraceSummary }) {
  if (errors === 0) return <span className="text-muted">ok</span>
  return (
    <span className="inline-flex shrink-0 items-center gap-1 font-medium whitespace-nowrap text-danger tabular-nums">
      <Icon name="alert" size={12} />
      {formatTokens(errors)} failed
    </span>
  )
}

const Bar = ({ trace: { durationMs, errors }, largestMs }: RowProps) => (
  <>
    <span aria-hidden="true" className="h-1 min-w-0 flex-1">
      <span
        className={cx('block h-full', errors > 0 ? 'bg-danger' : 'bg-line-strong')}
        style={{ width: `${logShare(durationMs, largestMs) * 100}%`, minWidth: 2 }}
      />
    </span>
    <span className="shrink-0 text-13 whitespace-nowrap tabular-nums">{durationText(durationMs)}</span>
  </>
)

/** The time alone for today, the day with it for others. */
function timeText(timestamp: string): string {
  const date = new Date(timestamp)
  const clock = { hour: '2-digit', minute: '2-digit' } as const
  if (date.toDateString() === new Date().toDateString()) {
    return date.toLocaleTimeString('en-GB', { ...clock, second: '2-digit' })
  }
  return date.toLocaleString('en-GB', { ...clock, day: 'numeric', month: 'short' }).replace(',', '')
}
