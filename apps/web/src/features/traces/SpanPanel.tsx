import type { SpanDetail, SpanSummary } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { useSession } from '../../api/session.tsx'
import { formatUsd } from '../../format.ts'
import { cx, ErrorState, Icon, IconButton, Notice, SkeletonRows } from '../../ui/index.ts'
import { useSettled } from '../routing/use-settled.ts'
import { AttributeList } from './AttributeList.tsx'
import { ChatLink } from './ChatLink.tsx'
import { durationText } from './duration.ts'
import { EventList } from './EventList.tsx'
import { Fold } from './Fold.tsx'
import { JsonView } from './JsonView.tsx'
import { Messages } from './Messages.tsx'
import { RawSpan } from './RawSpan.tsx'
import { failureOf } from './span-failure.ts'
import { lookOf } from './span-look.ts'
import type { SpanNode } from './span-tree.ts'
import { SpanLinks } from './SpanLinks.tsx'
import { TokenBar } from './TokenBar.tsx'
import { traceQueries } from './trace-queries.ts'

/** Holding an arrow key down does not read every span that is passed. */
const stillMs = 120

interface SpanPanelProps {
  traceId: string
  node: SpanNode
  traceStartUs: number
  /** Leads back to the tree where the panel covers it; null where it stands beside it. */
  onClose: (() => void) | null
}

/** Everything about the chosen span: first what went wrong, then what was said, then the figures and the rest. */
export function SpanPanel({ traceId, node, traceStartUs, onClose }: SpanPanelProps) {
  const workspaceId = useSession().workspace.id
  const spanId = useSettled(node.span.id, stillMs)
  const { data, error, refetch } = useQuery(traceQueries.span(workspaceId, traceId, spanId))
  const isBehind = data?.id !== node.span.id
  return (
    <aside
      aria-label="Span"
      data-span-panel
      tabIndex={-1}
      className={cx(
        'flex flex-col gap-1 overflow-y-auto bg-paper px-4 py-3 outline-none',
        onClose === null
          ? 'w-[clamp(22rem,40%,46rem)] shrink-0 border-l border-line'
          : 'absolute inset-0 z-20',
      )}
    >
      <Head span={node.span} startUs={node.startUs - traceStartUs} onClose={onClose} />
      {error && (
        <ErrorState title="The span could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {!error && (isBehind || !data) && <SkeletonRows rows={6} label="Reading the span" />}
      {!error && data && !isBehind && <Content key={data.id} span={data} traceStartUs={traceStartUs} />}
    </aside>
  )
}

interface HeadProps {
  span: SpanSummary
  /** Microseconds after the start of the trace. */
  startUs: number
  onClose: (() => void) | null
}

function Head({ span, startUs, onClose }: HeadProps) {
  const look = lookOf(span)
  const facts = [
    look.kind,
    [span.provider, span.model].filter(Boolean).join(' · '),
    span.tool,
    span.kind === 'internal' || span.kind === 'unspecified' ? null : span.kind,
    span.service,
  ].filter(Boolean)
  return (
    <header className="flex flex-col gap-1 pb-2">
      <div className="flex items-start gap-2">
        {onClose && (
          <IconButton icon="arrowLeft" label="Back to the tree" onClick={onClose} className="-ml-2" />
        )}
        <span aria-hidden="true" className={cx('my-1 self-stretch border-l-3', look.spine)} />
        <Icon name={look.icon} className="mt-1 text-muted" />
        <h2 className="min-w-0 flex-1 text-16 font-semibold break-words">{span.name || 'without a name'}</h2>
      </div>
      <p className="text-13 text-muted">{facts.join(' · ')}</p>
      <dl className="flex flex-wrap gap-x-5 gap-y-1 text-13 tabular-nums">
        <Fact name="Took" value={durationText(span.durationMs)} />
        <Fact name="Began after" value={durationText(Math.max(0, startUs) / 1000)} />
        {span.firstTokenMs !== null && <Fact name="First token" value={durationText(span.firstTokenMs)} />}
        {span.costNanoUsd !== null && <Fact name="Cost" value={formatUsd(span.costNanoUsd)} />}
        <Fact name="Status" value={{ error: 'failed', ok: 'ok', unset: 'no failure told' }[span.status]} />
      </dl>
    </header>
  )
}

const Fact = ({ name, value }: { name: string; value: string }) => (
  <div className="flex gap-1.5">
    <dt className="text-muted">{name}</dt>
    <dd className={value === 'failed' ? 'font-medium text-danger' : ''}>{value}</dd>
  </div>
)

function Content({ span, traceStartUs }: { span: SpanDetail; traceStartUs: number }) {
  const { input, output, toolArguments, toolResult, attributes, resource, events, links, scope } = span
  return (
    <>
      <Failure span={span} />
      {span.withheld ? (
        <Notice title="Written in a private conversation" className="mb-3">
          Only its author sees the messages. Figures are for everybody who may read traces.
        </Notice>
      ) : (
        <ChatLink attributes={attributes} />
      )}
      {span.tooLarge && (
        <Notice tone="warn" title="Its content was not kept" className="mb-3">
          The span carried more than is stored. Its figures are here; messages and attributes are not.
        </Notice>
      )}
      {toolArguments !== null && <Fold title="Arguments">{() => <JsonView value={toolArguments} />}</Fold>}
      {toolResult !== null && <Fold title="Result">{() => <JsonView value={toolResult} />}</Fold>}
      {input.length + output.length > 0 && (
        <Fold title="Messages" aside={input.length + output.length}>
          {() => <Messages input={input} output={output} model={span.model} />}
        </Fold>
      )}
      <TokenBar span={span} />
      {attributes.length > 0 && (
        <Fold title="Attributes" aside={attributes.length}>
          {() => <AttributeList attributes={attributes} />}
        </Fold>
      )}
      {events.length > 0 && (
        <Fold title="Events" aside={events.length}>
          {() => <EventList events={events} traceStartUs={traceStartUs} />}
        </Fold>
      )}
      {links.length > 0 && (
        <Fold title="Links" aside={links.length}>
          {() => <SpanLinks links={links} />}
        </Fold>
      )}
      {resource.length > 0 && (
        <Fold title="Resource" aside={[scope.name, scope.version].filter(Boolean).join(' ')} isOpen={false}>
          {() => <AttributeList attributes={resource} />}
        </Fold>
      )}
      <RawSpan span={span} />
      {span.dropped > 0 && (
        <p className="text-12 text-muted">
          {span.dropped.toLocaleString('en')} attributes, events or links were left out by the sender or by
          Atrium.
        </p>
      )}
    </>
  )
}

function Failure({ span }: { span: SpanDetail }) {
  const failure = failureOf(span)
  if (!failure) return null
  return (
    <Notice tone="danger" title={failure.title} className="mb-3">
      {failure.message && <p className="[overflow-wrap:anywhere] whitespace-pre-wrap">{failure.message}</p>}
      {failure.stack && (
        <details className="mt-1">
          <summary className="text-muted">Stack</summary>
          <pre
            // Keyboard users must be able to scroll it.
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
            tabIndex={0}
            aria-label="Stack"
            className="mt-1 max-h-80 overflow-auto font-mono text-12"
          >
            {failure.stack}
          </pre>
        </details>
      )}
    </Notice>
  )
}
