import { useSearch } from '@tanstack/react-router'
import type { TraceSummary } from '@atrium/contract'
import { useMemo } from 'react'
import { ApiError } from '../../api/error.ts'
import { paths } from '../../paths.ts'
import { useGo } from '../../routes/links.tsx'
import { Button, EmptyState, ErrorState, SkeletonRows, useTitle } from '../../ui/index.ts'
import { useIsNarrow } from '../shell/use-is-narrow.ts'
import { SpanGrid } from './SpanGrid.tsx'
import { SpanPanel } from './SpanPanel.tsx'
import { firstFailure, type SpanNode, tokensByKind } from './span-tree.ts'
import { TraceHeader } from './TraceHeader.tsx'
import { type SpansView, useSpans, useTraceSummary } from './use-trace.ts'

/** One trace: its tree beside its course in time, and the span that is chosen. */
export function TraceScreen({ traceId }: { traceId: string }) {
  const { data: trace, error, refetch } = useTraceSummary(traceId)
  useTitle(trace ? `${trace.name} · Trace` : 'Trace')
  const spans = useSpans(traceId, trace)
  if (trace) return <Trace trace={trace} spans={spans} />
  return (
    <div className="px-4 py-6 md:px-6">
      <h1 className="sr-only">Trace</h1>
      {!error && <SkeletonRows rows={12} label="Reading the trace" />}
      {error && isMissing(error) && <Missing />}
      {error && !isMissing(error) && (
        <ErrorState title="The trace could not be read." error={error} onRetry={() => void refetch()} />
      )}
    </div>
  )
}

const isMissing = (error: Error): boolean =>
  error instanceof ApiError && (error.status === 404 || error.status === 400)

function Missing() {
  const go = useGo()
  return (
    <EmptyState
      icon="waterfall"
      title="This trace is not here"
      action={<Button onClick={() => go(paths.traces())}>To the traces</Button>}
    >
      Its address may be wrong, it may belong to another workspace, or none of its spans has arrived yet.
    </EmptyState>
  )
}

function Trace({ trace, spans }: { trace: TraceSummary; spans: SpansView }) {
  const go = useGo()
  const narrow = useIsNarrow()
  const { nodes, isComplete } = spans
  const raw: Readonly<Record<string, unknown>> = useSearch({ strict: false })
  const asked = typeof raw['span'] === 'string' ? raw['span'] : null
  // Beside the tree there is room to show where the trouble began, or the root, before anybody has chosen.
  const usual = narrow ? null : ((firstFailure(nodes) ?? nodes[0])?.span.id ?? null)
  const chosenId = asked ?? usual
  const tokens = useMemo(() => (isComplete ? tokensByKind(nodes) : null), [isComplete, nodes])
  const chosen = nodes.find(({ span }) => span.id === chosenId)
  const choose = (spanId: string) =>
    // On a phone the span covers the tree, and Back leads there.
    go(paths.trace(trace.id, spanId), { replace: !narrow || asked !== null })
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <TraceHeader trace={trace} onFailure={failureAfter(nodes, chosenId, choose)} tokens={tokens} />
      <div className="flex min-h-0 flex-1 border-t border-line">
        <SpanGrid trace={trace} spans={spans} chosenId={chosenId} choose={choose} />
        {chosen && (
          <SpanPanel
            key={narrow ? 'sheet' : 'panel'}
            traceId={trace.id}
            node={chosen}
            traceStartUs={nodes[0]?.startUs ?? chosen.startUs}
            onClose={narrow ? () => go(paths.trace(trace.id), { replace: true }) : null}
          />
        )}
        {!chosen && asked !== null && isComplete && <UnknownSpan />}
      </div>
    </div>
  )
}

/** Chooses the next failed span after the chosen one, from the top again after the last. Null when none failed. */
function failureAfter(
  nodes: readonly SpanNode[],
  chosenId: string | null,
  choose: (spanId: string) => void,
): (() => void) | null {
  const failed = nodes.filter(({ span }) => span.status === 'error')
  if (failed.length === 0) return null
  return () => {
    const index = nodes.findIndex(({ span }) => span.id === chosenId)
    const after = failed.find((node) => nodes.indexOf(node) > index) ?? failed[0]
    if (after) choose(after.span.id)
  }
}

const UnknownSpan = () => (
  <aside aria-label="Span" className="w-80 shrink-0 border-l border-line p-4 max-lg:hidden">
    <EmptyState title="This span is not in the trace">Choose another one in the tree.</EmptyState>
  </aside>
)
