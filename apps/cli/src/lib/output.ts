import { styleText } from 'node:util'
import { type CliError, shapeOf } from './errors.ts'

type Style = Parameters<typeof styleText>[0]

/** Where a command's results go: to people as text, with `--json` to programs. Colour only on a terminal. */
export interface Output {
  readonly json: boolean
  /** Whether somebody watches the errors' side, where progress is shown. */
  readonly interactive: boolean
  /** A result: `data` as JSON, or what `human` makes of it. */
  result(data: unknown, human: () => string): void
  /** A line of a stream of results. */
  line(data: unknown): void
  /** Text to standard output, as it is. */
  write(text: string): void
  /** A remark for people, beside the result. */
  note(text: string): void
  error(error: CliError): void
  paint(style: Style, text: string): string
}

export function createOutput({ json }: { json: boolean }): Output {
  const { stdout, stderr } = process
  const paint = (style: Style, text: string) => styleText(style, text, { stream: stderr })
  const toTerminal = (text: string) => (stdout.isTTY ? withoutControls(text) : text)
  return {
    json,
    interactive: !json && stderr.isTTY,
    result: (data, human) => {
      stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : ended(toTerminal(human())))
    },
    line: (data) => void stdout.write(`${JSON.stringify(data)}\n`),
    write: (text) => void stdout.write(toTerminal(text)),
    note: (text) => {
      if (!json) stderr.write(`${withoutControls(text, true)}\n`)
    },
    error: (error) => {
      if (json) {
        stderr.write(`${JSON.stringify(shapeOf(error))}\n`)
        return
      }
      const { hint, requestId } = error.options
      const facts = [error.code, requestId && `request ${requestId}`].filter(Boolean).join(', ')
      stderr.write(
        `${paint('red', 'Error:')} ${withoutControls(error.message)} ${paint('dim', `(${facts})`)}\n`,
      )
      if (hint) stderr.write(`${hint}\n`)
    },
    paint,
  }
}

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)

/** Texts of others must not steer the terminal: only line ends and tabs stay (and our own colours where told). */
export function withoutControls(text: string, colours = false): string {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  const controls = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g
  return text.replaceAll(controls, (one) => (colours && one === '\u001B' ? one : ''))
}

/** Columns of text under their names; numbers to the right. Empty lists say so. */
export function table(
  columns: readonly { readonly name: string; readonly right?: boolean }[],
  rows: readonly (readonly string[])[],
  empty: string,
): string {
  if (rows.length === 0) return empty
  const cells = [columns.map(({ name }) => name), ...rows.map((row) => row.map(oneLine))]
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? ''))))
  const lines = cells.map((row) =>
    columns
      .map(({ right }, at) => padded(row[at] ?? '', widths[at] ?? 0, right ?? false))
      .join('  ')
      .trimEnd(),
  )
  return lines.join('\n')
}

const characters = new Intl.Segmenter()
const widthOf = (text: string): number => [...characters.segment(text)].length

/** Spaces stay, since trees are drawn with them. */
export const oneLine = (text: string): string => text.replaceAll(/[\n\r\t\v\f\u2028\u2029]+/g, ' ')

function padded(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return right ? space + text : text + space
}

/** Names and values below each other. */
export function facts(pairs: readonly (readonly [string, string | null | undefined])[]): string {
  const shown = pairs.filter((pair): pair is [string, string] => Boolean(pair[1]))
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}
