import type { Bus } from '#platform/bus'
import type { Database } from '#platform/db'
import { terminalEvents } from '@atrium/contract'
import { toMessage, type RunRow } from './rows.ts'
import { frameOf, type LiveRun, type RunLog } from './run-log.ts'
import { findMessage, readEvents, runById } from './views.ts'

/** Where the events of a run go. */
export interface Sink {
  write(text: string): void
  /** Resolves when the reader has taken most of what was written. */
  drained(): Promise<void>
  close(): void
  readonly ended: AbortSignal
}

/** Gives a reader the events of a run after a sequence number: from memory while it is written here, else from the database. */
export type Follow = (run: RunRow, after: number, sink: Sink) => void

export interface FollowOptions {
  readonly db: Database
  readonly bus: Bus
  readonly runLog: RunLog
  readonly onError: (error: unknown) => void
}

const pageSize = 500
/** How often a run that another process writes is looked at when no notice comes. */
const pollMs = 1000

export function createFollow(options: FollowOptions): Follow {
  const { runLog } = options
  return (run, after, sink) => {
    const live = runLog.find(run.id)
    const reading = live ? followLive(options, live, after, sink) : followStored(options, run, after, sink)
    reading.catch((error: unknown) => {
      options.onError(error)
      sink.close()
    })
  }
}

async function followLive(options: FollowOptions, live: LiveRun, after: number, sink: Sink): Promise<void> {
  let sent = after
  // A long transcript goes out at the pace of its reader; the rest and what follows in one go.
  for (; live.frames.length - sent > pageSize; sent += pageSize) {
    sink.write(live.frames.slice(sent, sent + pageSize).join(''))
    await sink.drained()
    if (sink.ended.aborted) return
  }
  if (sent < live.frames.length) sink.write(live.frames.slice(sent).join(''))
  const { runLog } = options
  const fail = (error: unknown): void => {
    options.onError(error)
    sink.close()
  }
  const continueIfGone = (): void => {
    // A run that left memory without its last event was taken over: the reader goes on with what is stored.
    if (runLog.find(live.row.id) === live) return
    if (isTerminal(live.frames.at(-1))) sink.close()
    else void followStored(options, live.row, Math.max(after, live.frames.length), sink).catch(fail)
  }
  const reader = (frames: readonly string[]): void => {
    // A reader may be ahead of this process: it has what another one committed before a takeover.
    const fresh = live.frames.slice(Math.max(after, live.frames.length - frames.length))
    const last = frames.at(-1)
    if (fresh.length > 0) sink.write(fresh.join(''))
    // The end is new to everybody, whatever they claim to have.
    else if (last && isTerminal(last)) sink.write(last)
    continueIfGone()
  }
  if (runLog.find(live.row.id) !== live) return continueIfGone()
  live.readers.add(reader)
  sink.ended.addEventListener('abort', () => live.readers.delete(reader), { once: true })
}

const isTerminal = (frame: string | undefined): boolean =>
  frame !== undefined && terminalEvents.some((type) => frame.includes(`\nevent: ${type}\n`))

const terminalTypes: ReadonlySet<string> = new Set(terminalEvents)

async function followStored(
  { db, bus }: FollowOptions,
  run: RunRow,
  after: number,
  sink: Sink,
): Promise<void> {
  const bell = createBell(bus, run.id)
  let sequence = after
  try {
    while (!sink.ended.aborted) {
      const { events, now } = await db.readWorkspace(run.workspace_id, async (tx) => ({
        now: await runById(tx, run.workspace_id, run.id),
        events: await readEvents(tx, run.workspace_id, run.id, sequence, pageSize),
      }))
      for (const event of events) {
        sink.write(frameOf(event.sequence, event.type, event.payload))
        sequence = event.sequence
      }
      await sink.drained()
      if (events.some((event) => terminalTypes.has(event.type)) || !now) return sink.close()
      if (events.length === pageSize) continue
      if (!now.ended_at) await bell.wait(pollMs, sink.ended)
      else if (events.length === 0 && sequence < now.last_sequence) return await closeForgotten(db, now, sink)
      // Every stream ends with the last event, also for those who have it already, or claim to have more than there is.
      else if (events.length === 0) sequence = now.last_sequence - 1
    }
  } finally {
    bell.dispose()
  }
}

/** The events of this run are gone: the last one is made again from the message. */
async function closeForgotten(db: Database, run: RunRow, sink: Sink): Promise<void> {
  const row = await db.readWorkspace(run.workspace_id, (tx) =>
    findMessage(tx, run.person_id, run.conversation_id, run.assistant_message_id),
  )
  if (row) {
    const type = `turn_${run.status}`
    const message = toMessage(row, new Map())
    const payload = JSON.stringify({
      type,
      message,
      ...(row.error ? { error: row.error } : {}),
      ...(run.receipt ? { receipt: run.receipt } : {}),
    })
    sink.write(frameOf(run.last_sequence, type, payload))
  }
  sink.close()
}

/** Wakes a waiting reader when another process has written events of the run or ended it. */
function createBell(bus: Bus, runId: string) {
  let ring: (() => void) | undefined
  let rung = false
  const onNotice = (notice: Readonly<Record<string, unknown>>): void => {
    if (notice['runId'] !== runId) return
    rung = true
    ring?.()
  }
  const stops = [bus.subscribe('chat.run-events', onNotice), bus.subscribe('chat.changed', onNotice)]
  return {
    wait: async (ms: number, signal: AbortSignal): Promise<void> => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            clearTimeout(timer)
            signal.removeEventListener('abort', wake)
            resolve()
          }
          const timer = setTimeout(wake, ms)
          signal.addEventListener('abort', wake)
          ring = wake
        })
      }
      rung = false
      ring = undefined
    },
    dispose: () => {
      for (const stop of stops) stop()
    },
  }
}
