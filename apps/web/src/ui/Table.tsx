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
  /** It has many columns: below 56 rem instead of 36 it is a list. Classes of its columns then begin with `@4xl:`. */
  isWide?: boolean
}

/** The classes that make a table of the list, where there is room. */
interface Form {
  table: string
  head: string
  body: string
  row: string
  cell: string
  title: string
  label: string
  end: string
}

const usual: Form = {
  table: '@xl:table',
  head: '@xl:not-sr-only @xl:table-header-group',
  body: '@xl:table-row-group',
  row: '@xl:table-row @xl:py-0',
  cell: '@xl:table-cell @xl:h-row @xl:py-1 @xl:pr-3 @xl:align-middle',
  title: '@xl:w-auto',
  label: '@xl:before:content-none',
  end: '@xl:text-right',
}

const wide: Form = {
  table: '@4xl:table',
  head: '@4xl:not-sr-only @4xl:table-header-group',
  body: '@4xl:table-row-group',
  row: '@4xl:table-row @4xl:py-0',
  cell: '@4xl:table-cell @4xl:h-row @4xl:py-1 @4xl:pr-3 @4xl:align-middle',
  title: '@4xl:w-auto',
  label: '@4xl:before:content-none',
  end: '@4xl:text-right',
}

/** A table that becomes a list of labelled entries where it is narrow. */
export function Table<T>({ caption, columns, rows, rowKey, rowClassName, isWide }: TableProps<T>) {
  const form = isWide ? wide : usual
  return (
    <div className="@container">
      <table role="table" className={cx('block w-full text-left text-13', form.table)}>
        <caption className="sr-only">{caption}</caption>
        <thead role="rowgroup" className={cx('sr-only', form.head)}>
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
        <tbody role="rowgroup" className={cx('block', form.body)}>
          {rows.map((row) => (
            <TableRow key={rowKey(row)} row={row} columns={columns} form={form} className={rowClassName} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface TableRowProps<T> {
  row: T
  columns: readonly Column<T>[]
  form: Form
  className: string | undefined
}

function TableRow<T>({ row, columns, form, className }: TableRowProps<T>) {
  return (
    <tr
      role="row"
      className={cx('flex flex-wrap gap-x-4 gap-y-1 border-b border-line py-2', form.row, className)}
    >
      {columns.map((column) => (
        <td
          key={column.id}
          role={column.isTitle ? 'rowheader' : 'cell'}
          data-label={isLabelled(column) ? column.header : undefined}
          className={cx(
            'flex min-w-0 items-center gap-1.5',
            form.cell,
            column.isTitle && cx('order-first w-full font-medium', form.title),
            isLabelled(column) &&
              cx('before:shrink-0 before:text-faint before:content-[attr(data-label)]', form.label),
            column.align === 'end' && form.end,
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
