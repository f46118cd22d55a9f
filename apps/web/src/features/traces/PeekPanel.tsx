import type { TraceSummary } from '@atrium/contract'
import { paths } from '../../paths.ts'
import { AppLink, useGo } from '../../routes/links.tsx'
import { buttonClass, ErrorState, IconButton, SkeletonRows } from '../../ui/index.ts'
import { SpanGrid } from './SpanGrid.tsx'
import { TraceFacts } from './TraceHeader.tsx'
import type { Peek } from './use-peek.ts'
import { useSpans, useTraceSummary } from './use-trace.ts'

interface PeekPanelProps {
  peek: Peek
  traceId: string
  /** What the list tells of it, until it has been read. */
  known: TraceSummary | undefined
}

/** A look into a trace beside the list, which stays in reach. */
export function PeekPanel({ peek, traceId, known }: PeekPanelProps) {
  const { data, error, refetch } = useTraceSummary(traceId)
  const trace = data ?? known
  const spans = useSpans(traceId, trace)
  const go = useGo()
  return (
    <aside
      aria-label="Peek"
      className="flex w-104 shrink-0 flex-col border-l border-line bg-paper max-lg:absolute max-lg:inset-0 max-lg:z-20 max-lg:w-full max-lg:border-l-0"
    >
      <Head peek={peek} traceId={traceId} name={trace?.name} />
      {error && (
        <div className="p-4">
          <ErrorState title="The trace could not be read." error={error} onRetry={() => void refetch()} />
        </div>
      )}
      {!trace && !error && (
        <div className="px-4 py-2">
          <SkeletonRows rows={8} label="Reading the trace" />
        </div>
      )}
      {trace && (
        <>
          <div className="flex flex-col gap-1 px-4 pt-1 pb-2.5">
            <TraceFacts trace={trace} onFailure={null} />
          </div>
          <div className="flex min-h-0 flex-1 border-t border-line">
            <SpanGrid
              trace={trace}
              spans={spans}
              chosenId={null}
              choose={(spanId) => go(paths.trace(traceId, spanId))}
              isSmall
            />
          </div>
        </>
      )}
    </aside>
  )
}

interface HeadProps {
  peek: Peek
  traceId: string
  name: string | undefined
}

const Head = ({ peek, traceId, name }: HeadProps) => (
  <div className="flex items-center gap-1 px-4 pt-2">
    <h2 className="min-w-0 flex-1 truncate font-semibold" title={name}>
      {name ?? 'Trace'}
    </h2>
    <IconButton icon="arrowUp" label="Previous trace" shortcut="k" size="sm" onClick={() => peek.move(-1)} />
    <IconButton icon="arrowDown" label="Next trace" shortcut="j" size="sm" onClick={() => peek.move(1)} />
    <AppLink to={paths.trace(traceId)} className={buttonClass('secondary', 'sm')}>
      Open
    </AppLink>
    <IconButton icon="close" label="Close the peek panel" shortcut="escape" size="sm" onClick={peek.close} />
  </div>
)
