import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Script } from './script.ts'

export type DialectName =
  | 'anthropic-messages'
  | 'openai-chat'
  | 'openai-responses'
  | 'openai-embeddings'
  | 'gemini'
  | 'ollama'

/** What is remembered of one call. Times are epoch milliseconds. The object is live until the call is over. */
export interface RecordedCall {
  readonly seq: number
  readonly dialect: DialectName
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
  readonly startedAt: number
  model: string
  /** `title` for calls that ask for a conversation title, `other` for lists, counts and embeddings. */
  purpose: 'turn' | 'title' | 'other'
  /** The last user message, or `sha256:…` of a long one. */
  marker: string
  /** The script in force after all layers were merged. */
  script: Script
  status: number | undefined
  /** Output tokens written, reasoning and tool input included; those generated so far when nothing is streamed. */
  tokensSent: number
  /** The answer went out whole, terminal marker included. */
  finished: boolean
  endedAt: number | undefined
  /** When the caller hung up before the answer was complete. */
  closedByClientAt: number | undefined
}

export interface ProviderStats {
  readonly total: number
  /** Calls that asked for an answer (not lists, counts, embeddings, titles), per marker. The oldest are dropped. */
  readonly turnsByMarker: Readonly<Record<string, number>>
  readonly titles: number
  readonly refused: number
  readonly finished: number
  /** Calls whose caller hung up. */
  readonly aborted: number
  readonly live: number
  readonly peakLive: number
  readonly tokensSent: number
}

const longestMarker = 200
const mostMarkers = 100_000

/** The key under which calls with this last user message are counted. */
export function markerOf(text: string): string {
  if (text.length <= longestMarker) return text
  return `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}

/** The record of what arrived and how it went, bounded in memory. */
export class CallLog {
  readonly #keep: number
  readonly #ring: RecordedCall[] = []
  readonly #markers = new Map<string, number>()
  #counts = noCounts()
  #seq = 0

  constructor(keep: number) {
    this.#keep = keep
  }

  /** The remembered calls, oldest first. */
  get calls(): readonly RecordedCall[] {
    return this.#ring
  }

  start(
    call: Pick<RecordedCall, 'dialect' | 'method' | 'path' | 'headers' | 'body' | 'startedAt'>,
  ): RecordedCall {
    this.#seq += 1
    const recorded: RecordedCall = {
      ...call,
      seq: this.#seq,
      model: '',
      purpose: 'other',
      marker: '',
      script: {},
      status: undefined,
      tokensSent: 0,
      finished: false,
      endedAt: undefined,
      closedByClientAt: undefined,
    }
    this.#ring.push(recorded)
    if (this.#ring.length > this.#keep) this.#ring.shift()
    this.#counts.total += 1
    this.#counts.live += 1
    this.#counts.peakLive = Math.max(this.#counts.peakLive, this.#counts.live)
    return recorded
  }

  /** Counts a call under its marker. Gives how many there were, this one included. */
  countMarker(call: RecordedCall): number {
    if (call.purpose === 'title') this.#counts.titles += 1
    if (call.purpose !== 'turn') return 1
    const count = (this.#markers.get(call.marker) ?? 0) + 1
    this.#markers.set(call.marker, count)
    if (this.#markers.size > mostMarkers) this.#markers.delete(this.#markers.keys().next().value ?? '')
    return count
  }

  end(call: RecordedCall, how: 'finished' | 'refused' | 'aborted' | 'broken', nowMs: number): void {
    if (call.endedAt !== undefined) return
    call.endedAt = nowMs
    call.finished = how === 'finished'
    if (how === 'aborted') call.closedByClientAt = nowMs
    if (how !== 'broken') this.#counts[how] += 1
    this.#counts.live -= 1
    this.#counts.tokensSent += call.tokensSent
  }

  stats(): ProviderStats {
    return { ...this.#counts, turnsByMarker: Object.fromEntries(this.#markers) }
  }

  /** Forgets everything but the calls still running, and the numbering. */
  reset(): void {
    const live = this.#ring.filter((call) => call.endedAt === undefined)
    this.#ring.splice(0, this.#ring.length, ...live)
    this.#markers.clear()
    const running = this.#counts.live
    this.#counts = { ...noCounts(), live: running, peakLive: running }
  }
}

function noCounts() {
  return { total: 0, titles: 0, refused: 0, finished: 0, aborted: 0, live: 0, peakLive: 0, tokensSent: 0 }
}
