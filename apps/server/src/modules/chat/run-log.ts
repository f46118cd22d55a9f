import type { RunEvent } from '@atrium/contract'
import type { Database } from '#platform/db'
import { formatEvent } from '#platform/http'
import type { Log } from '#platform/log'
import type { RunRow } from './rows.ts'

/** A delta that may still be joined with the next one of its kind. */
export type PendingEvent = Extract<
  RunEvent,
  {
    type:
      | 'text_delta'
      | 'reasoning_delta'
      | 'tool_call_started'
      | 'tool_call_delta'
      | 'tool_call_ended'
      | 'tool_result'
      | 'citation'
      | 'usage'
  }
>

/** A run that this process is writing. */
export interface LiveRun {
  readonly row: RunRow
  /** Committed events as server-sent text; the event with sequence n stands at n - 1. */
  readonly frames: string[]
  readonly readers: Set<(frames: readonly string[]) => void>
  /** Ends when the run must stop being written here: stopped by a person, or lost to another process. */
  readonly controller: AbortController
  pending: PendingEvent[]
  /** How many of the pending events are on their way to the database: they must not change any more. */
  sealed: number
  /** The batch that carries them. */
  writing: Promise<void> | undefined
  pendingChars: number
  /** Another process ends it: nothing more is written here. */
  lost: boolean
  /** Nothing was shown yet: the first delta does not wait for the tick. */
  quiet: boolean
}

export interface RunLog {
  /** Begins to write a run whose first events are committed already. */
  open(row: RunRow, frames: readonly string[]): LiveRun
  /** Adds an event; it is committed with the next tick and shown after that. */
  append(run: LiveRun, event: PendingEvent): void
  /** Resolves when everything appended so far is committed and shown. */
  flush(run: LiveRun): Promise<void>
  /** Shows a terminal event that the caller has committed, and forgets the run. */
  close(run: LiveRun, frames: readonly string[]): void
  /** The lease is lost: none of the runs is written here any more. */
  abandon(): void
  find(runId: string): LiveRun | undefined
  readonly size: number
}

export interface RunLogOptions {
  readonly db: Database
  readonly log: Log
  /** Of the lease that covers what is written now. */
  readonly engineId: () => string
  /** Called when the engine's lease turns out to be lost: nothing was written. */
  readonly onLeaseLost: () => void
  /** Whether other processes may have readers of our runs. */
  readonly hasPeers: () => boolean
}

const tickMs = 25
/** The tick while more answers than this are written: fewer and larger commits leave time for everybody's first words. */
const manyRuns = 20
const manyRunsTickMs = 40
const retryMs = 200
/** Batches at once: one of the tick, and one of first deltas that came while it was on its way. */
const maxWrites = 2
/** A run whose text waits for a database that does not come back is cut off here. */
const maxPendingChars = 4_000_000

/**
 * Commits what all live runs have produced in one statement per tick, and only then shows it: what a client has
 * seen survives any crash. The statement locks the engine's lease row, so a process that lost its lease writes nothing.
 */
export class TickingRunLog implements RunLog {
  readonly #options: RunLogOptions
  readonly #runs = new Map<string, LiveRun>()
  readonly #dirty = new Set<LiveRun>()
  /** How many batches are on their way to the database. */
  #writes = 0
  /** A tick that waits until it is due. */
  #timer: NodeJS.Timeout | undefined
  /** A tick is about to run. */
  #isNext = false
  #lastTick = 0

  constructor(options: RunLogOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#runs.size
  }

  open(row: RunRow, frames: readonly string[]): LiveRun {
    const run: LiveRun = {
      row,
      frames: [...frames],
      readers: new Set(),
      controller: new AbortController(),
      pending: [],
      sealed: 0,
      writing: undefined,
      pendingChars: 0,
      lost: false,
      quiet: true,
    }
    this.#runs.set(row.id, run)
    return run
  }

  find(runId: string): LiveRun | undefined {
    return this.#runs.get(runId)
  }

  append(run: LiveRun, event: PendingEvent): void {
    if (run.lost) return
    join(run, event)
    this.#dirty.add(run)
    if (run.pendingChars > maxPendingChars) run.controller.abort(new Error('the database does not keep up'))
    this.#schedule(run.quiet)
  }

  async flush(run: LiveRun): Promise<void> {
    while (this.#dirty.has(run)) await (run.writing ?? this.#tick(run))
  }

  close(run: LiveRun, frames: readonly string[]): void {
    this.#runs.delete(run.row.id)
    this.#dirty.delete(run)
    show(run, frames)
    run.readers.clear()
  }

  abandon(): void {
    for (const run of this.#runs.values()) run.lost = true
    this.#dirty.clear()
  }

  /** First deltas wait neither for the tick nor, up to a bound, for a batch that is under way. */
  #schedule(soon: boolean): void {
    if (this.#isNext || this.#writes >= (soon ? maxWrites : 1)) return
    const fire = (): void => {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#isNext = false
      void this.#tick()
    }
    const tick = this.#runs.size > manyRuns ? manyRunsTickMs : tickMs
    const wait = soon ? 0 : this.#lastTick + tick - performance.now()
    if (wait > 0) {
      this.#timer ??= setTimeout(fire, wait)
    } else {
      // Also when other runs wait for their tick already: a first delta takes them along.
      this.#isNext = true
      // It leaves before other connections are read, which takes milliseconds when there are many.
      if (soon) process.nextTick(fire)
      else setImmediate(fire)
    }
  }

  #tick(urgent?: LiveRun): Promise<void> {
    // Beside another batch only what cannot wait: the rest goes together with the next tick.
    const beside = this.#writes > 0
    const runs = [...this.#dirty].filter((run) => !run.writing && (run.quiet || run === urgent || !beside))
    // Shown in this order: somebody looks at nothing yet.
    runs.sort((left, right) => Number(right.quiet) - Number(left.quiet))
    const writing = this.#write(runs)
      .catch(async (error: unknown) => {
        this.#options.log.warn({ err: error }, 'run events could not be committed; trying again')
        await new Promise((resolve) => setTimeout(resolve, retryMs))
      })
      .finally(() => {
        this.#writes -= 1
        for (const run of runs) run.writing = undefined
        const waiting = [...this.#dirty].filter((run) => !run.writing)
        if (waiting.length > 0) this.#schedule(waiting.some((run) => run.quiet))
      })
    this.#writes += 1
    for (const run of runs) run.writing = writing
    return writing
  }

  async #write(runs: readonly LiveRun[]): Promise<void> {
    this.#lastTick = performance.now()
    if (runs.length === 0) return
    const batch = batchOf(runs)
    const { db, engineId, hasPeers, onLeaseLost } = this.#options
    if (await insertEvents(db, engineId(), batch, hasPeers())) return this.#showBatch(batch)
    onLeaseLost()
  }

  #showBatch(batch: Batch): void {
    for (const [run, frames] of framesOf(batch)) {
      run.pending.splice(0, frames.length)
      run.sealed = 0
      run.pendingChars = run.pending.reduce((sum, event) => sum + sizeOf(event), 0)
      run.quiet = false
      if (run.pending.length === 0) this.#dirty.delete(run)
      show(run, frames)
    }
  }
}

/** Text that follows text of the same kind becomes one event. Events that are being written are never touched. */
function join(run: LiveRun, event: PendingEvent): void {
  run.pendingChars += sizeOf(event)
  const last = run.pending.at(-1)
  if (
    last &&
    'text' in last &&
    'text' in event &&
    last.type === event.type &&
    run.pending.length > run.sealed
  ) {
    last.text += event.text
  } else run.pending.push(event)
}

function sizeOf(event: PendingEvent): number {
  if ('text' in event) return event.text.length
  return 'inputText' in event ? event.inputText.length : 200
}

interface Batch {
  readonly runs: { run: LiveRun; count: number }[]
  readonly workspaceIds: string[]
  readonly runIds: string[]
  readonly sequences: number[]
  readonly types: string[]
  readonly payloads: string[]
}

function batchOf(runs: Iterable<LiveRun>): Batch {
  const batch: Batch = { runs: [], workspaceIds: [], runIds: [], sequences: [], types: [], payloads: [] }
  for (const run of runs) addToBatch(batch, run)
  return batch
}

function addToBatch(batch: Batch, run: LiveRun): void {
  batch.runs.push({ run, count: run.pending.length })
  run.sealed = run.pending.length
  for (const [index, event] of run.pending.entries()) {
    batch.workspaceIds.push(run.row.workspace_id)
    batch.runIds.push(run.row.id)
    batch.sequences.push(run.frames.length + index + 1)
    batch.types.push(event.type)
    batch.payloads.push(JSON.stringify(event))
  }
}

function* framesOf(batch: Batch): Generator<[LiveRun, string[]]> {
  let at = 0
  for (const { run, count } of batch.runs) {
    const frames: string[] = []
    for (const end = at + count; at < end; at++) {
      frames.push(frameOf(batch.sequences[at] ?? 0, batch.types[at] ?? '', batch.payloads[at] ?? ''))
    }
    yield [run, frames]
  }
}

/** A committed event as the text that readers get; the same from memory and from the database. */
export const frameOf = (sequence: number, type: string, payload: string): string =>
  formatEvent({ id: sequence, event: type, data: payload })

function show(run: LiveRun, frames: readonly string[]): void {
  run.frames.push(...frames)
  for (const reader of run.readers) reader(frames)
}

/**
 * False when the lease is gone: its row is, because a takeover deletes it first. An expired lease that nobody has taken
 * still holds, so that a mere pause of the process ends nothing. Repeating a batch whose outcome is unknown is safe: the sequence is the key.
 * `FOR KEY SHARE` makes a takeover, which deletes the engine, wait for batches under way, and batches after it see that
 * the lease is gone. It lets renewals pass: a stronger lock would starve them for as long as such locks overlap.
 */
const insertText = `
  WITH lease AS MATERIALIZED (SELECT id FROM chat.engines WHERE id = $1 FOR KEY SHARE),
  written AS (
    INSERT INTO chat.run_events (workspace_id, run_id, sequence, type, payload)
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[]) WHERE EXISTS (SELECT 1 FROM lease)
    ON CONFLICT DO NOTHING
  )
  SELECT (SELECT count(*) FROM lease)::int AS held,
    CASE WHEN $7 THEN (SELECT count(pg_notify('atrium', json_build_array('chat.run-events', json_build_object('runId', id))::text))
      FROM unnest($8::uuid[]) AS id) END`

async function insertEvents(
  db: Database,
  engineId: string,
  batch: Batch,
  announce: boolean,
): Promise<boolean> {
  const result = await db.pool.query<{ held: number }>({
    name: 'chat-run-events',
    text: insertText,
    values: [
      engineId,
      batch.workspaceIds,
      batch.runIds,
      batch.sequences,
      batch.types,
      batch.payloads,
      announce,
      announce ? batch.runs.map(({ run }) => run.row.id) : [],
    ],
  })
  return result.rows[0]?.held === 1
}
