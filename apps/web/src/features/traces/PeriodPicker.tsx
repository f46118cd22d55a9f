import { type SyntheticEvent, useState } from 'react'
import { Button, buttonClass, cx, Icon, Popover, type PopoverTrigger, TextField } from '../../ui/index.ts'
import { isAbsolute, type PeriodSearch, rangeOf, ranges } from './trace-filters.ts'

interface PeriodPickerProps {
  view: { search: PeriodSearch; choose: (changes: PeriodSearch) => void }
  /** The relative periods to choose from; all of them unless told. */
  offered?: readonly (typeof ranges)[number][]
}

/** Which time is looked at: the last so many minutes, hours or days, or from one moment to another. */
export function PeriodPicker({ view: { search, choose }, offered = ranges }: PeriodPickerProps) {
  const isOwn = isAbsolute(search)
  const current = rangeOf(search.range).value
  return (
    <Popover
      label="Period"
      align="end"
      className="w-72 p-2"
      // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
      trigger={(props) => <PeriodButton label={periodText(search)} trigger={props} />}
    >
      {(close) => (
        <>
          <ul aria-label="Relative" className="flex flex-col">
            {offered.map(({ value, label }) => (
              <li key={value}>
                <button
                  type="button"
                  aria-pressed={!isOwn && value === current}
                  onClick={() => {
                    choose({ range: value, from: '', to: '' })
                    close()
                  }}
                  className="touch-target flex h-8 w-full items-center justify-between rounded-6 px-2 text-left hover:bg-hover aria-pressed:font-medium aria-pressed:text-accent"
                >
                  {label}
                  {!isOwn && value === current && <Icon name="check" size={14} />}
                </button>
              </li>
            ))}
          </ul>
          <OwnPeriod search={search} choose={choose} close={close} />
        </>
      )}
    </Popover>
  )
}

const PeriodButton = ({ label, trigger }: { label: string; trigger: PopoverTrigger }) => (
  <button type="button" {...trigger} className={cx(buttonClass(), 'max-w-full')}>
    <Icon name="history" className="text-muted" />
    <span className="truncate tabular-nums">{label}</span>
    <Icon name="chevronDown" size={14} className="text-muted" />
  </button>
)

interface OwnPeriodProps {
  search: PeriodSearch
  choose: (changes: PeriodSearch) => void
  close: () => void
}

function OwnPeriod({ search, choose, close }: OwnPeriodProps) {
  const [from, setFrom] = useState(localTime(search.from))
  const [to, setTo] = useState(localTime(search.to))
  const isBackwards = from !== '' && to !== '' && from >= to
  const apply = (event: SyntheticEvent) => {
    event.preventDefault()
    if (isBackwards) return
    choose({ range: '', from: moment(from), to: moment(to) })
    close()
  }
  return (
    <form onSubmit={apply} className="mt-2 flex flex-col gap-2 border-t border-line px-2 pt-3 pb-1">
      <TextField
        label="From"
        type="datetime-local"
        step={1}
        value={from}
        onChange={(event) => setFrom(event.target.value)}
      />
      <TextField
        label="To"
        type="datetime-local"
        step={1}
        value={to}
        error={isBackwards ? 'The end lies before the beginning.' : null}
        onChange={(event) => setTo(event.target.value)}
      />
      <Button type="submit" disabled={from === '' && to === ''}>
        Show this period
      </Button>
    </form>
  )
}

/** A moment as `datetime-local` fields take it, in the time zone of the viewer. */
function localTime(timestamp: string | undefined): string {
  const ms = timestamp === undefined ? Number.NaN : Date.parse(timestamp)
  if (Number.isNaN(ms)) return ''
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19)
}

const moment = (local: string): string => (local === '' ? '' : new Date(local).toISOString())

function periodText(search: PeriodSearch): string {
  if (!isAbsolute(search)) return rangeOf(search.range).label
  const [from, to] = [shortMoment(search.from), shortMoment(search.to)]
  if (from && to) return `${from} – ${to}`
  return from ? `Since ${from}` : `Until ${to}`
}

/** The year only of another one. */
function shortMoment(timestamp: string | undefined): string {
  if (timestamp === undefined) return ''
  const date = new Date(timestamp)
  const isThisYear = date.getFullYear() === new Date().getFullYear()
  return date.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(!isThisYear && { year: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
  })
}
