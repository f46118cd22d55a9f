import { arrayOf, objectOf, parseJson } from '../shared/json.ts'
import { endsWithBlankLine, latin1 } from './bytes.ts'

/** Takes something out of a stream that otherwise passes to the byte. */
export interface PassthroughFilter {
  /** The bytes to send on by now. They may be the very ones that were given. */
  push(bytes: Uint8Array): Uint8Array
  /** The body has ended: whatever was held back. */
  end(): Uint8Array
}

/**
 * Drops the chunk of a Chat Completions stream that tells nothing but the usage, for a client that did not ask for it.
 * An event is held back until it is whole; one that grows too large to be that chunk passes in pieces.
 * https://platform.openai.com/docs/api-reference/chat/create#chat_create-stream_options
 */
export function createPassthroughFilter(): PassthroughFilter {
  return new UsageFilter()
}

class UsageFilter implements PassthroughFilter {
  #held = ''
  /** The beginning of the event has been sent on. */
  #isPassing = false

  push(bytes: Uint8Array): Uint8Array {
    const text = latin1(bytes)
    const isWhole = this.#held === '' && !this.#isPassing && endsWithBlankLine(bytes)
    if (isWhole && !emptyChoices.test(text)) return bytes
    return Buffer.from(this.#read(text), 'latin1')
  }

  end(): Uint8Array {
    const rest = this.#isPassing || !isUsageOnly(this.#held) ? this.#held : ''
    this.#held = ''
    return Buffer.from(rest, 'latin1')
  }

  #read(text: string): string {
    const all = this.#held + text
    let out = ''
    let start = 0
    for (const { index, 0: lineEnds } of all.matchAll(eventEnd)) {
      const event = all.slice(start, index + lineEnds.length)
      if (this.#isPassing || !isUsageOnly(event)) out += event
      this.#isPassing = false
      start = index + lineEnds.length
    }
    this.#held = all.slice(start)
    return out + this.#release()
  }

  /** Line ends stay: the next byte tells whether they end the event. */
  #release(): string {
    if (!this.#isPassing && this.#held.length <= maxHeld) return ''
    const kept = /[\r\n]*$/u.exec(this.#held)?.[0] ?? ''
    const released = this.#held.slice(0, this.#held.length - kept.length)
    this.#held = kept
    this.#isPassing = true
    return released
  }
}

function isUsageOnly(event: string): boolean {
  if (!emptyChoices.test(event)) return false
  const data = event
    .split(/\r\n|\n|\r/u)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5))
  const body = objectOf(parseJson(data.join('\n')))
  return (
    Array.isArray(body?.['choices']) &&
    arrayOf(body['choices']).length === 0 &&
    objectOf(body['usage']) !== undefined
  )
}

/** A blank line. A CR at the end of what is known may be the half of a CRLF. */
const eventEnd = /(?:\r\n|\n|\r(?!\n|$)){2}/gu

const emptyChoices = /"choices"\s*:\s*\[\s*\]/u

/** Characters; a chunk of usage has some hundred. */
const maxHeld = 16 * 1024
