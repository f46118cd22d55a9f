import { noteSeen } from '../../api/consistency.ts'

/** One server-sent event, as the specification dispatches it. */
export interface ServerEvent {
  /** The last id seen on the stream, empty when none was sent. */
  readonly id: string
  readonly type: string
  readonly data: string
}

/**
 * Reads server-sent events out of text that may be cut anywhere.
 * Source of the rules: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class SseParser {
  #rest = ''
  #atStart = true
  #afterCarriageReturn = false
  #id = ''
  #type = ''
  #data: string[] = []

  /** Takes the next piece of text; gives the events that it completed. */
  push(piece: string): ServerEvent[] {
    let text = piece
    if (this.#atStart && text.length > 0) {
      this.#atStart = false
      if (text.codePointAt(0) === 0xfe_ff) text = text.slice(1)
    }
    if (this.#afterCarriageReturn && text.length > 0) {
      this.#afterCarriageReturn = false
      if (text.startsWith('\n')) text = text.slice(1)
    }
    const events: ServerEvent[] = []
    const buffer = this.#rest + text
    let start = 0
    for (let end = nextBreak(buffer, this.#rest.length); end !== -1; end = nextBreak(buffer, start)) {
      this.#line(buffer.slice(start, end), events)
      const isReturn = buffer.charAt(end) === '\r'
      if (isReturn && end + 1 === buffer.length) this.#afterCarriageReturn = true
      start = end + (isReturn && buffer.charAt(end + 1) === '\n' ? 2 : 1)
    }
    this.#rest = buffer.slice(start)
    return events
  }

  #line(line: string, events: ServerEvent[]): void {
    if (line === '') {
      if (this.#data.length > 0) {
        events.push({ id: this.#id, type: this.#type || 'message', data: this.#data.join('\n') })
      }
      this.#data = []
      this.#type = ''
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) {
      noteSeen(/^: consistency-token (\w+)$/.exec(line)?.[1])
      return
    }
    const name = colon === -1 ? line : line.slice(0, colon)
    const raw = colon === -1 ? '' : line.slice(colon + 1)
    const value = raw.startsWith(' ') ? raw.slice(1) : raw
    if (name === 'data') this.#data.push(value)
    else if (name === 'event') this.#type = value
    else if (name === 'id' && !value.includes('\0')) this.#id = value
  }
}

function nextBreak(text: string, from: number): number {
  const feed = text.indexOf('\n', from)
  const limit = feed === -1 ? text.length : feed
  for (let index = from; index < limit; index += 1) if (text.charCodeAt(index) === 13) return index
  return feed
}

/** Reads a response body as server-sent events; `onBytes` hears of every piece, heartbeats included. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<ServerEvent> {
  const parser = new SseParser()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onBytes()
      yield* parser.push(decoder.decode(value, { stream: true }))
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
