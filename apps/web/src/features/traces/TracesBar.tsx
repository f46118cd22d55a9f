import { Button, IconButton } from '../../ui/index.ts'
import { saveText } from '../gateway/csv-text.ts'
import { csvOf } from './csv.ts'
import { PaceSelect } from './PaceSelect.tsx'
import { PeriodPicker } from './PeriodPicker.tsx'
import { QueryBar } from './QueryBar.tsx'
import { narrowing } from './trace-filters.ts'
import type { TracesView } from './use-traces.ts'

/** The title, the query bar, the period, and what can be done with the list. */
export function TracesBar({ view, onFilters }: { view: TracesView; onFilters: () => void }) {
  const { search, traces, refresh, isRefreshing } = view
  const on = narrowing.filter((name) => search[name] !== undefined).length
  return (
    <header className="flex flex-wrap items-start gap-2 px-4 py-2.5 md:px-6">
      <h1 className="text-20 leading-8 font-semibold tracking-tight max-sm:sr-only">Traces</h1>
      <QueryBar
        view={view}
        className="order-last w-full min-w-60 flex-1 basis-full md:order-none md:basis-60"
      />
      <div className="flex flex-wrap items-center gap-2 sm:ml-auto">
        <Button icon="settings" className="lg:hidden" onClick={onFilters}>
          Filters
          {on > 0 && <span className="tabular-nums text-accent">{on}</span>}
        </Button>
        <PeriodPicker view={view} />
        <div className="hidden w-44 sm:block">
          <PaceSelect view={view} />
        </div>
        <IconButton icon="refresh" label="Refresh" busy={isRefreshing} onClick={refresh} />
        <IconButton
          icon="download"
          label="Save the listed traces as CSV"
          disabled={traces.length === 0}
          onClick={() => saveText('traces.csv', csvOf(traces), 'text/csv')}
        />
      </div>
    </header>
  )
}
