import { readEvents, type ServerEvent } from './sse.ts'

/** What `followEvents` needs from outside; tests give their own. */
export interface FollowOptions {
  /** Opens the stream after the given event id (empty: from the start). Throws when it cannot be opened. */
  open: (lastEventId: string, signal: AbortSignal) => Promise<Response>
  /** Takes an event; `end` closes for good, `reconnect` opens the stream again. */
  onEvent: (event: ServerEvent) => 'continue' | 'end' | 'reconnect'
  onConnection?: (state: 'open' | 'lost') => void
  /** Whether another attempt may help after this error. */
  isTemporary: (error: unknown) => boolean
  signal: AbortSignal
  lastEventId?: string
  /** Without a byte (heartbeats come every 10 s) for this long, the connection counts as dead. */
  silenceMs?: number
  random?: () => number
}

const SILENCE_MS = 25_000
const FIRST_DELAY_MS = 400
const LONGEST_DELAY_MS = 15_000

/**
 * Follows a stream of server-sent events until it says `end`, the signal aborts or an error is permanent
 * (which is thrown). Lost connections are opened again after the last id, with growing, jittered pauses.
 */
export async function followEvents(options: FollowOptions): Promise<void> {
  const { signal, random = Math.random } = options
  let lastEventId = options.lastEventId ?? ''
  let failures = 0
  while (!signal.aborted) {
    const before = lastEventId
    try {
      const outcome = await readOnce({ ...options, lastEventId }, (id) => {
        lastEventId = id
      })
      if (outcome === 'end') return
    } catch (error) {
      if (signal.aborted) return
      if (!options.isTemporary(error)) throw error
    }
    if (signal.aborted) return
    failures = lastEventId === before ? failures + 1 : 0
    options.onConnection?.('lost')
    await pause(delayMs(failures, random), signal)
  }
}

/** Full jitter above a floor, so that a restarted server does not meet all of its clients at once. */
export function delayMs(failures: number, random: () => number): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures)
  return FIRST_DELAY_MS / 4 + random() * ceiling
}

async function readOnce(
  options: FollowOptions & { lastEventId: string },
  remember: (id: string) => void,
): Promise<'end' | 'lost'> {
  const { signal, silenceMs = SILENCE_MS } = options
  const watch = new AbortController()
  const both = AbortSignal.any([signal, watch.signal])
  let timer = setTimeout(() => watch.abort(), silenceMs)
  const onBytes = () => {
    clearTimeout(timer)
    timer = setTimeout(() => watch.abort(), silenceMs)
  }
  try {
    const response = await options.open(options.lastEventId, both)
    if (!response.body) return 'lost'
    options.onConnection?.('open')
    onBytes()
    for await (const event of readEvents(response.body, onBytes)) {
      if (signal.aborted) return 'lost'
      const next = options.onEvent(event)
      if (event.id) remember(event.id)
      if (next === 'end') return 'end'
      if (next === 'reconnect') return 'lost'
    }
    return 'lost'
  } catch (error) {
    if (watch.signal.aborted && !signal.aborted) return 'lost'
    throw error
  } finally {
    clearTimeout(timer)
    watch.abort()
  }
}

/** Waits; an abort or the return of the network ends the wait. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => resolve(), { once: true })
  globalThis.addEventListener?.('online', () => resolve(), { once: true, signal })
  return promise.finally(() => clearTimeout(timer))
}
