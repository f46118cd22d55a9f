/** A cell: numbers stand as they are, text is quoted where it must be. */
export type Cell = string | number | boolean | null

/**
 * A line of CSV (RFC 4180). Text that a spreadsheet would run as a formula gets an apostrophe before it, which
 * spreadsheets show as text; the full-width signs are read like the others by some (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(written).join(',')}\r\n`

function written(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell !== 'string') return String(cell)
  const text = /^[=+\-@\t\r\n＝＋－＠]/u.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Integer billionths as a plain decimal number: 1500000 → 0.0015. */
export function decimalOf(nano: string): string {
  const negative = nano.startsWith('-')
  const digits = (negative ? nano.slice(1) : nano).padStart(10, '0')
  const fraction = digits.slice(-9).replace(/0+$/, '')
  return `${negative ? '-' : ''}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`
}
