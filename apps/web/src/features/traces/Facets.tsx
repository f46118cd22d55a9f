import { type SyntheticEvent, useMemo, useState } from 'react'
import { Button, cx, Icon, TextField } from '../../ui/index.ts'
import { durationMsOf } from './duration.ts'
import { type KnownValue, knownValues } from './known-values.ts'
import { narrowing, type TextFilter } from './trace-filters.ts'
import type { TracesView } from './use-traces.ts'

const lists: readonly (readonly [name: TextFilter, title: string])[] = [
  ['service', 'Service'],
  ['agent', 'Agent'],
  ['model', 'Model'],
  ['environment', 'Environment'],
  ['user', 'User'],
  ['session', 'Session'],
]

/** The filters by what the listed traces are about: a click lets only these through, another one all. */
export function Facets({ view, className }: { view: TracesView; className?: string }) {
  const { search, choose, traces } = view
  const known = useMemo(() => knownValues(traces), [traces])
  const isOn = narrowing.some((name) => search[name] !== undefined)
  const clear = () => choose(Object.fromEntries(narrowing.map((name) => [name, ''])))
  return (
    <section aria-label="Filters" className={cx('flex flex-col gap-4', className)}>
      <div className="flex h-7 items-center justify-between">
        <h2 className="text-13 font-medium text-muted">Filters</h2>
        {isOn && (
          <Button size="sm" variant="quiet" onClick={clear}>
            Clear
          </Button>
        )}
      </div>
      <StatusFacet view={view} />
      <DurationFacet key={search.min ?? ''} view={view} />
      {lists.map(([name, title]) => (
        <ValueFacet key={name} name={name} title={title} values={known[name]} view={view} />
      ))}
      {traces.length > 0 && (
        <p className="text-12 text-muted tabular-nums">
          Counted among the {traces.length.toLocaleString('en')} listed traces.
        </p>
      )}
    </section>
  )
}

const statuses = [
  { value: '', label: 'All' },
  { value: 'error', label: 'Failed' },
  { value: 'ok', label: 'Fine' },
]

const StatusFacet = ({ view: { search, choose } }: { view: TracesView }) => (
  <section aria-label="Status" className="flex flex-col gap-1.5">
    <h3 className="text-12 font-medium">Status</h3>
    <div className="flex rounded-6 border border-line-strong/50 p-0.5">
      {statuses.map(({ value, label }) => (
        <button
          key={value}
          type="button"
          aria-pressed={(search.status ?? '') === value}
          onClick={() => choose({ status: value })}
          className="touch-target h-6 flex-1 rounded-4 text-13 text-muted hover:text-ink aria-pressed:bg-pressed aria-pressed:font-medium aria-pressed:text-ink"
        >
          {label}
        </button>
      ))}
    </div>
  </section>
)

function DurationFacet({ view: { search, choose } }: { view: TracesView }) {
  const [min, setMin] = useState(search.min ?? '')
  const isWrong = min !== '' && durationMsOf(min) === null
  const apply = (event: SyntheticEvent) => {
    event.preventDefault()
    if (!isWrong) choose({ min })
  }
  return (
    <form onSubmit={apply}>
      <TextField
        label="Took at least"
        placeholder="2s"
        value={min}
        error={isWrong ? 'Write 250ms, 1.5s or 2m.' : null}
        onChange={(event) => setMin(event.target.value)}
        onBlur={apply}
      />
    </form>
  )
}

interface ValueFacetProps {
  name: TextFilter
  title: string
  values: readonly KnownValue[]
  view: TracesView
}

const fewest = 6

function ValueFacet({ name, title, values, view: { search, choose } }: ValueFacetProps) {
  const [all, setAll] = useState(false)
  const chosen = search[name]
  const isListed = chosen === undefined || values.some(({ value }) => value === chosen)
  const whole = isListed ? values : [{ value: chosen, count: 0 }, ...values]
  const top = Math.max(1, ...values.map(({ count }) => count))
  if (whole.length === 0) return null
  return (
    <section aria-label={title} className="flex flex-col gap-1">
      <h3 className="text-12 font-medium">{title}</h3>
      <ul className="flex flex-col">
        {whole.slice(0, all ? 50 : fewest).map(({ value, count }) => (
          <li key={value} className="relative">
            <span
              aria-hidden="true"
              className="pointer-events-none absolute inset-y-1 -left-1.5 rounded-4 bg-hover"
              style={{ width: `calc((100% + 12px) * ${count / top})` }}
            />
            <button
              type="button"
              aria-pressed={value === chosen}
              onClick={() => choose({ [name]: value === chosen ? '' : value })}
              className="touch-target relative -mx-1.5 flex h-7 w-[calc(100%+12px)] items-center gap-2 rounded-6 px-1.5 text-left text-13 hover:bg-hover aria-pressed:font-medium aria-pressed:text-accent"
            >
              <span className="min-w-0 flex-1 truncate" title={value}>
                {value}
              </span>
              {value === chosen && <Icon name="close" size={12} />}
              <span className="text-12 text-muted tabular-nums">{count.toLocaleString('en')}</span>
            </button>
          </li>
        ))}
      </ul>
      {whole.length > fewest && (
        <button
          type="button"
          aria-expanded={all}
          onClick={() => setAll(!all)}
          className="touch-target min-h-6 self-start text-12 text-muted underline underline-offset-3 hover:text-ink"
        >
          {all ? 'Fewer' : `All ${Math.min(50, whole.length)}`}
        </button>
      )}
    </section>
  )
}
