import type { SpanSummary, TraceSummary } from '@atrium/contract'
import type { ReactNode } from 'react'
import { readStored } from '../../api/preferences.ts'
import { formatAgo, formatMoment, formatUsd } from '../../format.ts'
import { paths } from '../../paths.ts'
import { AppLink } from '../../routes/links.tsx'
import { Button, CopyButton, Icon } from '../../ui/index.ts'
import { durationText } from './duration.ts'
import { toldKinds, TokenStrip } from './TokenStrip.tsx'
import { lastSearch, type TraceSearch } from './trace-filters.ts'

interface TraceHeaderProps {
  trace: TraceSummary
  /** Goes to the next failed span; null when none is known. */
  onFailure: (() => void) | null
  /** By kind, once all spans are there. */
  tokens?: SpanSummary['tokens'] | null
}

/** What the trace is, and what it adds up to. */
export function TraceHeader({ trace, onFailure, tokens = null }: TraceHeaderProps) {
  const back = paths.traces(readStored<TraceSearch>(lastSearch) ?? {})
  return (
    <header className="flex flex-col gap-1.5 px-4 py-2.5 md:px-6">
      <div className="flex min-w-0 items-center gap-2">
        <AppLink
          to={back}
          className="touch-target -ml-1.5 flex h-7 shrink-0 items-center gap-1 rounded-6 pr-1.5 text-13 text-muted hover:bg-hover hover:text-ink"
        >
          <Icon name="chevronLeft" size={14} />
          Traces
        </AppLink>
        <h1 className="min-w-0 truncate text-16 font-semibold tracking-tight" title={trace.name}>
          {trace.name || 'without a name'}
        </h1>
        <span className="ml-auto hidden shrink-0 items-center gap-1 font-mono text-12 text-muted lg:flex">
          {trace.id}
        </span>
        <CopyButton text={trace.id} label="Copy the id of the trace" />
      </div>
      <TraceFacts trace={trace} onFailure={onFailure} tokens={tokens} />
    </header>
  )
}

/** The sums of a trace and what it is about; each of these leads to the traces that share it. */
export function TraceFacts({ trace, onFailure, tokens = null }: TraceHeaderProps) {
  const { startedAt, durationMs, spans, errors, modelCalls, toolCalls, costNanoUsd, hasRoot } = trace
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-5 gap-y-1 text-13 tabular-nums">
        <dl className="contents">
          <Fact name="Started">
            <time dateTime={startedAt} title={formatMoment(startedAt)}>
              {formatAgo(startedAt)}
            </time>
          </Fact>
          <Fact name="Took">{durationText(durationMs)}</Fact>
          <Fact name="Spans">{spans.toLocaleString('en')}</Fact>
          {modelCalls > 0 && <Fact name="Model calls">{modelCalls.toLocaleString('en')}</Fact>}
          {toolCalls > 0 && <Fact name="Tool calls">{toolCalls.toLocaleString('en')}</Fact>}
          {trace.tokens > 0 && <Tokens all={trace.tokens} tokens={tokens} />}
          {costNanoUsd !== null && <Fact name="Cost">{formatUsd(costNanoUsd)}</Fact>}
        </dl>
        {!hasRoot && <span className="text-warn">The root has not arrived yet</span>}
        {errors > 0 && <Failures errors={errors} onFailure={onFailure} />}
      </div>
      <About trace={trace} />
    </>
  )
}

function Tokens({ all, tokens }: { all: number; tokens: SpanSummary['tokens'] | null }) {
  const kinds = tokens ? toldKinds(tokens) : []
  const text = kinds
    .map(({ name, count }) => `${name.toLowerCase()} ${count.toLocaleString('en')}`)
    .join(', ')
  return (
    <Fact name="Tokens">
      <span className="flex items-center gap-2" data-tip={text || undefined}>
        {all.toLocaleString('en')}
        {tokens && kinds.length > 0 && <TokenStrip tokens={tokens} className="h-2 w-20" />}
        {text && <span className="text-12 text-muted max-lg:sr-only">{text}</span>}
      </span>
    </Fact>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="flex gap-1.5">
    <dt className="text-muted">{name}</dt>
    <dd>{children}</dd>
  </div>
)

function Failures({ errors, onFailure }: { errors: number; onFailure: (() => void) | null }) {
  const text = `${errors.toLocaleString('en')} failed`
  if (!onFailure) return <span className="font-medium text-danger">{text}</span>
  return (
    <Button size="sm" variant="quiet" icon="alert" className="-my-1 text-danger!" onClick={onFailure}>
      {text}
      <span className="sr-only">, to the next of them</span>
    </Button>
  )
}

const abouts = ['service', 'agent', 'environment', 'user', 'session'] as const

function About({ trace }: { trace: TraceSummary }) {
  const links = [
    ...abouts.map((name) => [name, trace[name]] as const),
    ...trace.models.map((model) => ['model', model] as const),
  ]
  return (
    <ul aria-label="About" className="flex flex-wrap gap-x-4 gap-y-0.5 text-13">
      {links.map(([name, value]) =>
        value === null ? null : (
          <li key={`${name} ${value}`} className="flex max-w-full min-w-0 gap-1.5">
            <span className="text-muted">{name}</span>
            <AppLink
              to={paths.traces({ [name]: value, range: 'all' })}
              className="min-w-0 truncate underline decoration-line-strong underline-offset-3 hover:decoration-ink"
            >
              {value}
              <span className="sr-only">, all traces with it</span>
            </AppLink>
          </li>
        ),
      )}
    </ul>
  )
}
