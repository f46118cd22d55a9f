import type { Tokens } from 'marked'
import { useState } from 'react'
import { Button } from '../../../ui/index.ts'
import { Inline } from './Inline.tsx'

const FIRST_ROWS = 200
const MAX_COLUMNS = 60

const alignment = { left: 'text-left', right: 'text-right', center: 'text-center' }
const alignClass = (align: Tokens.TableCell['align']) => alignment[align ?? 'left']

/** A table that scrolls sideways inside its own box; very long ones are shown in part. */
export function TableBlock({ table }: { table: Tokens.Table }) {
  const [limit, setLimit] = useState(FIRST_ROWS)
  const rows = table.rows.slice(0, limit)
  const hiddenColumns = table.header.length - MAX_COLUMNS
  return (
    <div className="flex flex-col gap-2">
      <figure
        className="overflow-x-auto rounded-6 border border-line"
        // Keyboard users must be able to scroll it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label="Table"
      >
        <table className="w-full border-collapse text-14 [overflow-wrap:break-word]">
          <thead>
            <tr className="bg-sunken">
              {table.header.slice(0, MAX_COLUMNS).map((cell, index) => (
                // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
                <th key={index} scope="col" className={`px-3 py-1.5 font-medium ${alignClass(cell.align)}`}>
                  <Inline tokens={cell.tokens} breaks />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
              <tr key={index} className="border-t border-line">
                {row.slice(0, MAX_COLUMNS).map((cell, column) => (
                  // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
                  <td key={column} className={`px-3 py-1.5 align-top ${alignClass(cell.align)}`}>
                    <Inline tokens={cell.tokens} breaks />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </figure>
      {hiddenColumns > 0 && <p className="text-13 text-muted">{hiddenColumns} more columns are not shown.</p>}
      {rows.length < table.rows.length && (
        <Button size="sm" className="self-start" onClick={() => setLimit(limit + 1000)}>
          Show more of {table.rows.length} rows
        </Button>
      )}
    </div>
  )
}
