import { latin1 } from './bytes.ts'

/** The names under which dialects write the text of an event. */
const textMember = /"(?:content|text|delta|thinking|reasoning_content)": ?"/g
const eventEnd = '\n\n'

/**
 * A stream with runs of events that differ in nothing but their text joined to one event each: it decodes to the same
 * reply, in a fraction of the time where most events are such. What it does not understand it leaves as it is.
 */
export function condense(stream: Uint8Array): Uint8Array {
  // A character for each byte: only what stands around the texts is looked at.
  const text = latin1(stream)
  const run = new Run()
  let out = ''
  let at = 0
  for (let next = text.indexOf(eventEnd); next >= 0; next = text.indexOf(eventEnd, at)) {
    const end = next + eventEnd.length
    if (!run.joins(text, at, end)) {
      out += run.take()
      if (!run.begins(text, at, end)) out += text.slice(at, end)
    }
    at = end
  }
  return Buffer.from(out + run.take() + text.slice(at), 'latin1')
}

/** Events with one frame around their texts. */
class Run {
  #before = ''
  #texts = ''
  #after = ''

  /** Whether the event has the frame of this run; its text is added then. */
  joins(text: string, start: number, end: number): boolean {
    const from = start + this.#before.length
    const to = end - this.#after.length
    if (this.#before === '' || to < from) return false
    if (!text.startsWith(this.#before, start) || !text.endsWith(this.#after, end)) return false
    const found = text.slice(from, to)
    // A quote may end the text before its time, and a backslash may keep its end from being one.
    if (found.includes('"') || found.includes('\\')) return false
    this.#texts += found
    return true
  }

  /** Begins with an event that has one text and nothing in it to be careful about. */
  begins(text: string, start: number, end: number): boolean {
    textMember.lastIndex = start
    const found = textMember.exec(text)
    if (!found || textMember.lastIndex >= end) return false
    const from = textMember.lastIndex
    const to = text.indexOf('"', from)
    if (to < 0 || to >= end || text.slice(from, to).includes('\\')) return false
    this.#before = text.slice(start, from)
    this.#texts = text.slice(from, to)
    this.#after = text.slice(to, end)
    return true
  }

  /** The run as one event; there is none afterwards. */
  take(): string {
    const event = this.#before + this.#texts + this.#after
    this.#before = this.#texts = this.#after = ''
    return event
  }
}
