/* oxlint-disable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role --
   `display` changes take the roles of table elements away in some browsers, so they are named. */
import type { ReactNode } from 'react'
import { cx } from './class-names.ts'

export interface Column<T> {
  id: string
  header: string
  cell: (row: T) => ReactNode
  align?: 'end'
  /** The column that names the row. */
  isTitle?: boolean
  /** The header is for screen readers only, as for a column of buttons. */
  hideHeader?: boolean
  className?: string
}

interface TableProps<T> {
  /** Names the table for screen readers. */
  caption: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  rowKey: (row: T) => string
  /** For rows that a control in them covers as a whole. */
  rowClassName?: string
}

/** A table that becomes a list of labelled entries where it is narrow. */
export function Table<T>({ caption, columns, rows, rowKey, rowClassName }: TableProps<T>) {
  return (
    <div className="@container">
      <table role="table" className="block w-full text-left text-13 @xl:table">
        <caption className="sr-only">{caption}</caption>
        <thead role="rowgroup" className="sr-only @xl:not-sr-only @xl:table-header-group">
          <tr role="row" className="border-b border-line text-muted">
            {columns.map((column) => (
              <th
                key={column.id}
                role="columnheader"
                scope="col"
                className={cx(
                  'h-7 pr-3 font-medium whitespace-nowrap',
                  column.align === 'end' && 'text-right',
                )}
              >
                {column.hideHeader ? <span className="sr-only">{column.header}</span> : column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" className="block @xl:table-row-group">
          {rows.map((row) => (
            <TableRow key={rowKey(row)} row={row} columns={columns} className={rowClassName} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface TableRowProps<T> {
  row: T
  columns: readonly Column<T>[]
  className: string | undefined
}

function TableRow<T>({ row, columns, className }: TableRowProps<T>) {
  return (
    <tr
      role="row"
      className={cx(
        'flex flex-wrap gap-x-4 gap-y-1 border-b border-line py-2 @xl:table-row @xl:py-0',
        className,
      )}
    >
      {columns.map((column) => (
        <td
          key={column.id}
          role={column.isTitle ? 'rowheader' : 'cell'}
          data-label={isLabelled(column) ? column.header : undefined}
          className={cx(
            'flex min-w-0 items-center gap-1.5 @xl:table-cell @xl:h-row @xl:py-1 @xl:pr-3 @xl:align-middle',
            column.isTitle && 'order-first w-full font-medium @xl:w-auto',
            isLabelled(column) &&
              'before:shrink-0 before:text-faint before:content-[attr(data-label)] @xl:before:content-none',
            column.align === 'end' && '@xl:text-right',
            column.className,
          )}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  )
}

/** Whether the narrow form repeats the header before the value. */
const isLabelled = (column: Pick<Column<never>, 'hideHeader' | 'isTitle'>): boolean =>
  !column.hideHeader && !column.isTitle
