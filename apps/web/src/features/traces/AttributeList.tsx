import type { SpanDetail } from '@atrium/contract'
import { useState } from 'react'
import { TextField } from '../../ui/index.ts'
import { JsonView } from './JsonView.tsx'

/** Above so many a field to search them is offered. */
const manyAttributes = 15

/** Names and values as they were sent; a name may repeat. */
export function AttributeList({ attributes }: { attributes: SpanDetail['attributes'] }) {
  const [part, setPart] = useState('')
  const small = part.trim().toLowerCase()
  const shown = attributes.filter(
    ({ name, value }) => small === '' || `${name} ${JSON.stringify(value)}`.toLowerCase().includes(small),
  )
  return (
    <div className="flex flex-col gap-2">
      {attributes.length > manyAttributes && (
        <TextField
          label="Search the attributes"
          hideLabel
          type="search"
          placeholder="Search the attributes"
          value={part}
          onChange={(event) => setPart(event.target.value)}
        />
      )}
      {shown.length === 0 && <p className="text-13 text-muted">None contains this.</p>}
      <dl className="flex flex-col">
        {shown.map(({ name, value }, index) => (
          <div
            // Names may repeat, and they do not move.
            // oxlint-disable-next-line react/no-array-index-key
            key={`${name} ${index}`}
            className="grid grid-cols-[minmax(7rem,38%)_minmax(0,1fr)] gap-3 border-b border-line/60 py-1 last:border-b-0"
          >
            <dt className="font-mono text-12 leading-5 [overflow-wrap:anywhere] text-muted">{name}</dt>
            <dd className="min-w-0">
              <JsonView value={value} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
