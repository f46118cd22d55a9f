import { defaultMaxEventBytes, maxForeignText, type Frame, type FrameReader } from './frames.ts'
import { createLineReader } from './lines.ts'

/**
 * Reads server-sent events as the HTML standard has them (https://html.spec.whatwg.org/multipage/server-sent-events.html):
 * LF, CR or CRLF, byte order mark, comments, data over several lines. It is laxer in one thing: an event that the
 * end of the body leaves open is given by `end()`, for servers that forget the last blank line. `id` and `retry`
 * are of no use to a reader that never reconnects.
 *
 * The limit counts UTF-16 units, which never exceed the bytes.
 */
export function createSseReader(maxEventBytes = defaultMaxEventBytes): FrameReader {
  const decoder = new TextDecoder()
  const lines = createLineReader()
  let event = ''
  let data: string | undefined
  let overflowed = false
  let foreignText = ''

  function readText(text: string): Frame[] {
    const frames: Frame[] = []
    for (const line of lines.push(text)) {
      readLine(line, frames)
      if (overflowed) return frames
    }
    overflowed = exceeds(lines.pendingLength)
    return frames
  }

  function exceeds(lineLength: number): boolean {
    return lineLength + (data?.length ?? 0) > maxEventBytes
  }

  function readLine(line: string, frames: Frame[]): void {
    if (exceeds(line.length)) overflowed = true
    else if (line === '') dispatch(frames)
    else if (line.startsWith('data:')) appendData(fieldValue(line, 5))
    else if (line.startsWith('event:')) event = fieldValue(line, 6)
    else if (line === 'data') appendData('')
    else if (!isIgnorable(line) && foreignText.length < maxForeignText) foreignText += `${line}\n`
  }

  function appendData(value: string): void {
    data = data === undefined ? value : `${data}\n${value}`
  }

  function dispatch(frames: Frame[]): void {
    if (data !== undefined) frames.push({ event, data })
    event = ''
    data = undefined
  }

  return {
    push: (bytes) => (overflowed ? [] : readText(decoder.decode(bytes, { stream: true }))),
    end() {
      if (overflowed) return []
      const frames = readText(decoder.decode())
      const last = lines.end()
      if (last !== undefined && !overflowed && !isCutField(last)) readLine(last, frames)
      if (!overflowed) dispatch(frames)
      return frames
    },
    get overflowed() {
      return overflowed
    },
    get foreignText() {
      return foreignText
    },
  }
}

function fieldValue(line: string, from: number): string {
  return line.slice(line.charCodeAt(from) === space ? from + 1 : from)
}

function isIgnorable(line: string): boolean {
  return line.startsWith(':') || line.startsWith('id:') || line.startsWith('retry:') || fieldNames.has(line)
}

/** A field without a colon is that field with no value. */
const fieldNames: ReadonlySet<string> = new Set(['event', 'id', 'retry'])

/** The name of a field, cut before its colon. */
function isCutField(line: string): boolean {
  return ['data:', 'event:', 'id:', 'retry:'].some((field) => field !== line && field.startsWith(line))
}

const space = 32
