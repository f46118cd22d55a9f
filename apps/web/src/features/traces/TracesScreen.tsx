import { useState } from 'react'
import { useSession } from '../../api/session.tsx'
import { cx, ErrorState, useTitle } from '../../ui/index.ts'
import { ConsoleNav } from '../gateway/ConsoleNav.tsx'
import { FacetDialog } from './FacetDialog.tsx'
import { Facets } from './Facets.tsx'
import { PeekPanel } from './PeekPanel.tsx'
import { SendSpans } from './SendSpans.tsx'
import { TraceGrid } from './TraceGrid.tsx'
import { TraceListSkeleton } from './TraceListSkeleton.tsx'
import { TracesBar } from './TracesBar.tsx'
import { usePeek } from './use-peek.ts'
import { type TracesView, useTraces } from './use-traces.ts'

/** What agents and applications have sent: found by filters, looked into beside the list, followed as it comes in. */
export function TracesScreen() {
  useTitle('Traces')
  const view = useTraces()
  const [filtersOpen, setFiltersOpen] = useState(false)
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="px-4 pt-3 md:px-6">
        <ConsoleNav />
      </div>
      <TracesBar view={view} onFilters={() => setFiltersOpen(true)} />
      <div className="relative flex min-h-0 flex-1 border-t border-line">
        <Facets
          view={view}
          className="hidden w-52 shrink-0 overflow-y-auto border-r border-line px-3 py-2 lg:flex"
        />
        <Body view={view} />
      </div>
      <FacetDialog open={filtersOpen} onClose={() => setFiltersOpen(false)} view={view} />
    </div>
  )
}

function Body({ view }: { view: TracesView }) {
  const peek = usePeek(view)
  const { traces, isLoaded, isBehind, error, refresh } = view
  return (
    <>
      <section aria-label="List" className="flex min-w-0 flex-1 flex-col">
        {error && (
          <div className="p-4">
            <ErrorState title="The traces could not be read." error={error} onRetry={refresh} />
          </div>
        )}
        {!isLoaded && !error && <TraceListSkeleton />}
        {isLoaded && traces.length === 0 && <Empty view={view} />}
        {traces.length > 0 && (
          <div className={cx('flex min-h-0 flex-1 flex-col transition-opacity', isBehind && 'opacity-60')}>
            <TraceGrid view={view} peek={peek} />
          </div>
        )}
      </section>
      {peek.traceId !== null && (
        <PeekPanel
          key={peek.traceId}
          peek={peek}
          traceId={peek.traceId}
          known={traces.find(({ id }) => id === peek.traceId)}
        />
      )}
    </>
  )
}

function Empty({ view }: { view: TracesView }) {
  const { workspace } = useSession()
  return (
    <div className="min-h-0 flex-1 overflow-y-auto px-4 py-6 md:px-8">
      <SendSpans view={view} workspace={workspace.name} />
    </div>
  )
}
