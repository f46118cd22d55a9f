import type { Message, RunError, RunEvent, StopReceipt } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Database, Tx } from '#platform/db'
import type { Events } from '#platform/events'
import { contentOfEvents } from './accumulate.ts'
import { announceChange, type Change } from './changes.ts'
import { toMessage, type RunRow } from './rows.ts'
import { frameOf, type LiveRun, type PendingEvent, type RunLog } from './run-log.ts'
import { endRun, insertLastEvent, type RunEnd, type RunEnding } from './store.ts'
import type { TurnSpans } from './turn-spans.ts'
import { findMessage, readEvents, timesOfEvents } from './views.ts'

/** The fact that a run has ended, in the outbox. */
export const turnFinished = 'turn-finished'

/** Ends runs: one transaction for message, run, last event, notices. */
export interface Finisher {
  /** Ends a run that this engine wrote, unless lease or run were lost meanwhile. False when no turn waited for its end. */
  finish(row: RunRow, live: LiveRun, engineId: string, ending: RunEnding): Promise<boolean>
  /** Ends a run whose process is gone, with what had been committed. */
  interrupt(row: RunRow): Promise<void>
  /** Ends a run that had not begun. */
  stopQueued(row: RunRow): Promise<boolean>
}

/** What ending a run has written; known for certain after the commit. */
interface End {
  readonly frame: string
  readonly isFollowed: Promise<boolean>
}

export interface FinisherOptions {
  readonly db: Database
  readonly bus: Bus
  readonly events: Events
  readonly runLog: RunLog
  readonly spans: TurnSpans
}

export function createFinisher({ db, bus, events, runLog, spans }: FinisherOptions): Finisher {
  /** The frame of the last event, and whether a turn waited for it; undefined when the run is not ours to end. */
  const end = async (tx: Tx, what: RunEnd): Promise<End | undefined> => {
    const { run, ending, sequence } = what
    const [isEnded, message] = await Promise.all([
      endRun(tx, what),
      findMessage(tx, run.person_id, run.conversation_id, run.assistant_message_id),
    ])
    if (!isEnded) return undefined
    if (!message) throw new Error(`run ${run.id} has no message`)
    const event = lastEvent(toMessage(message, new Map()), ending)
    const payload = JSON.stringify(event)
    const isFollowed = insertLastEvent(tx, run, { sequence, type: event.type, payload })
    db.withCommit(tx, isFollowed)
    announceChange({ db, bus }, tx, changeOf(run, ending))
    db.withCommit(tx, events.publish(tx, factOf(run, ending)))
    return { frame: frameOf(sequence, event.type, payload), isFollowed }
  }

  const interrupt = async (run: RunRow): Promise<void> => {
    const ended = await db.withWorkspace(run.workspace_id, async (tx) => {
      const committed = await readEvents(tx, run.workspace_id, run.id, 0, 1_000_000)
      // What was committed is what this program had written.
      const shown = committed.slice(1).map((event) => JSON.parse(event.payload) as PendingEvent)
      const sequence = (committed.at(-1)?.sequence ?? 0) + 1
      const times = (await timesOfEvents(tx, run)) ?? { firstTokenMs: null, totalMs: null }
      const ending = { ...interruptedEnding(run, contentOfEvents(shown)), ...times }
      return (await end(tx, { run, sequence, ending, engineId: null })) && ending
    })
    if (ended) spans.ended(run, ended)
  }

  return {
    finish: async (run, live, engineId, ending) => {
      await runLog.flush(live)
      const ended = live.lost
        ? undefined
        : await db.withWorkspace(run.workspace_id, (tx) =>
            end(tx, { run, sequence: live.frames.length + 1, ending, engineId }),
          )
      runLog.close(live, ended ? [ended.frame] : [])
      if (ended) spans.ended(run, ending)
      return ended ? ended.isFollowed : true
    },
    interrupt,
    stopQueued: async (run) => {
      const ending = stoppedBeforeStart(run)
      const ended = await db.withWorkspace(run.workspace_id, (tx) =>
        end(tx, { run, sequence: 2, ending, engineId: null }),
      )
      if (ended) spans.ended(run, ending)
      return ended !== undefined
    },
  }
}

const factOf = (run: RunRow, { status }: RunEnding) => ({
  type: turnFinished,
  workspaceId: run.workspace_id,
  payload: { conversationId: run.conversation_id, runId: run.id, traceId: run.trace_id, status },
})

const changeOf = (run: RunRow, ending: RunEnding): Change => ({
  kind: 'run',
  workspaceId: run.workspace_id,
  personId: run.person_id,
  conversationId: run.conversation_id,
  runId: run.id,
  messageId: run.assistant_message_id,
  status: ending.status,
})

const interruptedError = (row: RunRow): RunError => ({
  code: 'RUN_INTERRUPTED',
  message:
    'The server stopped while this answer was being written. What was shown is kept; the provider may have charged for it.',
  retryable: true,
  requestId: row.request_id,
})

type UntimedEnding = Omit<RunEnding, 'firstTokenMs' | 'totalMs'>

function interruptedEnding(row: RunRow, content: RunEnding['content']): UntimedEnding {
  return {
    status: 'interrupted',
    content,
    usage: null,
    costNanoUsd: null,
    error: interruptedError(row),
    receipt: null,
    why: null,
  }
}

function stoppedBeforeStart(row: RunRow): RunEnding {
  const receipt: StopReceipt = {
    runId: row.id,
    status: 'stopped',
    inputTokens: 0,
    outputTokens: 0,
    costNanoUsd: '0',
    estimated: false,
  }
  return {
    status: 'stopped',
    content: [],
    usage: null,
    costNanoUsd: 0n,
    firstTokenMs: null,
    totalMs: 0,
    error: null,
    receipt,
    why: null,
  }
}

const unknownError: RunError = {
  code: 'RUN_FAILED',
  message: 'The answer failed.',
  retryable: true,
  requestId: null,
}

function lastEvent(message: Message, ending: RunEnding): RunEvent {
  switch (ending.status) {
    case 'completed':
      return { type: 'turn_completed', message }
    case 'stopped':
      if (!ending.receipt) throw new Error('a stopped run needs a receipt')
      return { type: 'turn_stopped', message, receipt: ending.receipt }
    case 'interrupted':
      return { type: 'turn_interrupted', message, error: ending.error ?? unknownError }
    case 'failed':
      return { type: 'turn_failed', message, error: ending.error ?? unknownError }
  }
}
