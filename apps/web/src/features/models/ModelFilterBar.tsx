import type { Model } from '@atrium/contract'
import { useEffect, useState } from 'react'
import { useSession } from '../../api/session.tsx'
import { Button, cx, Select, TextField } from '../../ui/index.ts'
import { abilities, connectionsOf, priceFilters } from './model-filters.ts'
import type { ModelView } from './use-catalogue.ts'

interface ModelFilterBarProps {
  models: readonly Model[]
  /** How many of them fit. */
  found: number
  view: ModelView
}

const stillMs = 200
const fiveColumns = 'md:grid-cols-[minmax(12rem,2fr)_repeat(4,minmax(0,1fr))]'
const fourColumns = 'md:grid-cols-[minmax(12rem,2fr)_repeat(3,minmax(0,1fr))]'
const offered = [
  { value: 'yes', label: 'Offered' },
  { value: 'no', label: 'Not offered' },
] as const

/** Search and filters; they stand in the address, so that a view can be shared. */
export function ModelFilterBar({ models, found, view: { filters, choose } }: ModelFilterBarProps) {
  // Others see only what is offered.
  const manages = useSession().can('model:manage')
  const [round, setRound] = useState(0)
  const { q, connection, can, price, offered: isOffered } = filters
  const isFiltered = [q, connection, can, price, isOffered].some(Boolean)
  const clear = () => {
    choose({ q: '', connection: '', can: '', price: '', offered: '' })
    setRound(round + 1)
  }
  return (
    <search className="flex flex-col gap-2">
      <div className={cx('grid grid-cols-2 gap-2', manages ? fiveColumns : fourColumns)}>
        <SearchField key={round} q={q ?? ''} onSearch={(text) => choose({ q: text })} />
        <Filter
          label="Connection"
          all="All connections"
          options={connectionsOf(models)}
          value={connection}
          onValue={(value) => choose({ connection: value })}
        />
        <Filter
          label="Ability"
          all="All abilities"
          options={abilities}
          value={can}
          onValue={(value) => choose({ can: value })}
        />
        <Filter
          label="Price"
          all="All prices"
          options={priceFilters}
          value={price}
          onValue={(value) => choose({ price: value })}
        />
        {manages && (
          <Filter
            label="Offered"
            all="Offered or not"
            options={offered}
            value={isOffered}
            onValue={(value) => choose({ offered: value })}
          />
        )}
      </div>
      <div className="flex min-h-7 flex-wrap items-center gap-3 text-13 text-muted">
        <output>{isFiltered ? `${found} of ${models.length} models` : `${models.length} models`}</output>
        {isFiltered && (
          <Button size="sm" variant="quiet" icon="close" onClick={clear}>
            Clear the filters
          </Button>
        )}
      </div>
    </search>
  )
}

/** Tells of what was typed when the typing stops; what is typed is never taken back. */
function SearchField({ q, onSearch }: { q: string; onSearch: (text: string) => void }) {
  const [text, setText] = useState(q)
  useEffect(() => {
    if (text.trim() === q) return undefined
    const timer = setTimeout(() => onSearch(text.trim()), stillMs)
    return () => clearTimeout(timer)
    // oxlint-disable-next-line react/exhaustive-deps -- `onSearch` is new on each draw
  }, [text, q])
  return (
    <TextField
      label="Search models"
      hideLabel
      type="search"
      className="max-md:col-span-2"
      placeholder="Search by name, id or connection"
      maxLength={200}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  )
}

interface FilterProps {
  label: string
  /** What nothing chosen means. */
  all: string
  options: readonly { value: string; label: string }[]
  value: string | undefined
  onValue: (value: string) => void
}

function Filter({ label, all, options, value, onValue }: FilterProps) {
  const chosen = options.find((option) => option.value === value)?.value ?? ''
  return (
    <Select
      label={label}
      hideLabel
      options={[{ value: '', label: all }, ...options]}
      value={chosen}
      onValue={onValue}
    />
  )
}
