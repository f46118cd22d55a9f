import type { DestinationStream } from 'pino'

const colours = new Map<string, number>([
  ['fatal', 31],
  ['error', 31],
  ['warn', 33],
  ['info', 32],
  ['debug', 36],
  ['trace', 90],
])

const paint = (text: string, colour: number): string => `\u001B[${colour}m${text}\u001B[39m`

/** Turns JSON lines into one readable line each: time, level, message, remaining fields; a stack goes below. */
export function humanLines(stream: DestinationStream): DestinationStream {
  return { write: (line) => stream.write(humanLine(line)) }
}

function humanLine(line: string): string {
  const { time, level, msg, err, ...fields } = asRecord(JSON.parse(line))
  const name = String(level)
  const rest = Object.entries(fields).map(([key, value]) => paint(`${key}=${show(value)}`, 90))
  const error = err === undefined ? [] : [`\n  ${describeError(err)}`]
  const clock = paint(String(time).slice(11, 23), 90)
  return `${[clock, paint(name.padEnd(5), colours.get(name) ?? 39), show(msg ?? ''), ...rest, ...error].join(' ')}\n`
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function describeError(error: unknown): string {
  const { stack, message } = asRecord(error)
  return show(stack ?? message ?? error).replaceAll('\n', '\n  ')
}
