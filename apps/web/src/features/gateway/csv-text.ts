export type CsvCell = string | number | null

/** Lines of cells as CSV (RFC 4180); the first line has the names. */
export const csvText = (lines: readonly (readonly CsvCell[])[]): string =>
  lines.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('')

/** Text that a spreadsheet would run as a formula gets an apostrophe before it, which spreadsheets show as text. */
function cell(value: CsvCell): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r\n＝＋－＠]/u.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Lets the browser save a text as a file. */
export function saveText(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
