import { Select } from '../../ui/index.ts'
import { paceMsOf, paces } from './trace-filters.ts'

interface PaceSelectProps {
  view: { search: { live?: string }; choose: (changes: { live: string }) => void; canFollow: boolean }
}

/** How often what is newest comes into the list by itself; a dot beats while it does. */
export function PaceSelect({ view: { search, choose, canFollow } }: PaceSelectProps) {
  const isOn = canFollow && paceMsOf(search) !== null
  return (
    <div className="relative">
      <Select
        label="Updates"
        hideLabel
        className={isOn ? '[&_select]:pl-6' : ''}
        options={paces}
        value={paces.find(({ value }) => value === search.live)?.value ?? ''}
        disabled={!canFollow}
        onValue={(live) => choose({ live })}
      />
      {isOn && (
        <span
          aria-hidden="true"
          className="pointer-events-none absolute inset-y-0 left-2.5 my-auto size-2 animate-pulse rounded-full bg-ok"
        />
      )}
    </div>
  )
}
