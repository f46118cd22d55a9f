import type { Message, RunEvent } from '@atrium/contract'
import { followEvents } from '../../realtime/follow.ts'
import type { ServerEvent } from '../../realtime/sse.ts'
import { applyEvent, initialRun, type RunIdentity, type RunState } from './run-state.ts'

export interface RunStreamsOptions {
  open: (
    run: { conversationId: string; runId: string },
    lastEventId: string,
    signal: AbortSignal,
  ) => Promise<Response>
  isTemporary: (error: unknown) => boolean
  /** Told once when a run has ended, however often it is followed. */
  onEnd: (state: RunState) => void
  /** The server no longer knows the run: read the conversation again. */
  onRefused: (state: RunState) => void
  nowMs?: () => number
  /** Calls back before the next paint; returns how to take it back. */
  schedule?: (flush: () => void) => void
}

interface Entry {
  state: RunState
  /** What the components were last told; catches up once per frame. */
  shown: RunState
  followers: number
  stop: AbortController | null
}

/** Ended runs are kept for a while, so that the screen does not jump when the stored message takes over. */
const KEPT_ENDED = 20

/** The live runs of one tab, outside the query cache: tokens never re-render more than their own message. */
export class RunStreams {
  readonly #options: Required<Pick<RunStreamsOptions, 'nowMs' | 'schedule'>> & RunStreamsOptions
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #dirty = new Set<Entry>()
  #scheduled = false
  #resting = false

  constructor(options: RunStreamsOptions) {
    this.#options = { nowMs: Date.now, schedule: nextFrame, ...options }
  }

  /** Starts or keeps following a run until the returned function is called; the run itself goes on. */
  follow(run: RunIdentity): () => void {
    const entry = this.#entry(run)
    entry.followers += 1
    if (entry.followers === 1 && !this.#resting) void this.#start(entry)
    let released = false
    return () => {
      if (released) return
      released = true
      entry.followers -= 1
      if (entry.followers === 0) this.#stop(entry)
    }
  }

  get(runId: string): RunState | null {
    return this.#entries.get(runId)?.shown ?? null
  }

  /** The stored answer of a run that this tab has seen end. */
  readonly endOf = (runId: string): Message | null => this.#entries.get(runId)?.state.message ?? null

  /** Also before the run is followed: components subscribe before their screen does so. */
  subscribe(runId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(runId) ?? new Set()
    this.#listeners.set(runId, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(runId)
    }
  }

  /** Nobody looks: gives the connections back until `wake`, which reads on from where each run was. */
  rest(): void {
    this.#resting = true
    for (const entry of this.#entries.values()) this.#stop(entry)
  }

  wake(): void {
    if (!this.#resting) return
    this.#resting = false
    for (const entry of this.#entries.values()) if (entry.followers > 0) void this.#start(entry)
  }

  /** Closes every stream: the person signs out or changes workspace. */
  close(): void {
    for (const entry of this.#entries.values()) this.#stop(entry)
    this.#entries.clear()
  }

  #entry(run: RunIdentity): Entry {
    const known = this.#entries.get(run.runId)
    if (known) return known
    const state = initialRun(run)
    const entry: Entry = { state, shown: state, followers: 0, stop: null }
    this.#entries.set(run.runId, entry)
    this.#dropOld()
    return entry
  }

  #dropOld(): void {
    const done = [...this.#entries].filter(
      ([, { state, followers }]) => state.phase === 'ended' && followers === 0,
    )
    for (const [runId] of done.slice(0, Math.max(0, done.length - KEPT_ENDED))) this.#entries.delete(runId)
  }

  #stop(entry: Entry): void {
    entry.stop?.abort()
    entry.stop = null
  }

  async #start(entry: Entry): Promise<void> {
    if (entry.state.phase === 'ended') return
    const stop = new AbortController()
    entry.stop = stop
    const { lastSequence } = entry.state
    try {
      await followEvents({
        open: (lastEventId, signal) => this.#options.open(entry.state, lastEventId, signal),
        onEvent: (event) => this.#onEvent(entry, event),
        onConnection: (connection) => this.#set(entry, { ...entry.state, connection }),
        isTemporary: this.#options.isTemporary,
        signal: stop.signal,
        lastEventId: lastSequence > 0 ? String(lastSequence) : '',
      })
    } catch {
      this.#set(entry, { ...entry.state, connection: 'refused' })
      this.#options.onRefused(entry.state)
    }
  }

  #onEvent(entry: Entry, raw: ServerEvent): 'continue' | 'end' | 'reconnect' {
    if (raw.type === 'reconnect') return 'reconnect'
    // The server writes these events from the schema that this type comes from.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const event = JSON.parse(raw.data) as RunEvent
    const sequence = Number.parseInt(raw.id, 10)
    const next = applyEvent(
      entry.state,
      event,
      Number.isFinite(sequence) ? sequence : null,
      this.#options.nowMs(),
    )
    const justEnded = next.phase === 'ended' && entry.state.phase !== 'ended'
    this.#set(entry, next)
    if (justEnded) this.#options.onEnd(next)
    return next.phase === 'ended' ? 'end' : 'continue'
  }

  #set(entry: Entry, state: RunState): void {
    if (entry.state === state) return
    entry.state = state
    this.#dirty.add(entry)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.schedule(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    const entries = [...this.#dirty]
    this.#dirty.clear()
    for (const entry of entries) {
      entry.shown = entry.state
      for (const listener of this.#listeners.get(entry.state.runId) ?? []) listener()
    }
  }
}

/** Before the next paint; hidden tabs do not paint, so a timer steps in. */
function nextFrame(flush: () => void): void {
  if (document.hidden) setTimeout(flush, 250)
  else requestAnimationFrame(flush)
}
