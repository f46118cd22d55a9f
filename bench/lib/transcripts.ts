import type { DatabaseLook } from './database.ts'
import type { Survivor } from './survivor.ts'
import { deltaText, isTerminal } from './turn.ts'

/** How what is stored compares with what clients were shown. */
export interface Comparison {
  /** Acknowledged user messages that are not there, or not as they were sent. */
  lostMessages: number
  /** Shown events that are not stored, or not byte for byte. */
  lostEvents: number
  /** Stored events that were never shown although the client has followed to the end. */
  unseenEvents: number
  /** Runs without exactly one terminal event, or with events after it. */
  badEndings: number
  /** Answers whose stored text is not the text that was shown. */
  wrongTexts: number
  /** Messages that were accepted more than once, or answered by more than one run. */
  doubled: number
}

const batch = 200

/** Compares every turn with the database, and complains of each difference. */
export async function compare(
  db: DatabaseLook,
  turns: readonly Survivor[],
  complain: (what: string) => void,
): Promise<Comparison> {
  const sum: Comparison = {
    lostMessages: 0,
    lostEvents: 0,
    unseenEvents: 0,
    badEndings: 0,
    wrongTexts: 0,
    doubled: 0,
  }
  for (let at = 0; at < turns.length; at += batch) {
    const some = turns.slice(at, at + batch)
    await compareMessages(db, some, sum, complain)
    await compareEvents(db, some, sum, complain)
    await compareAnswers(db, some, sum, complain)
  }
  return sum
}

async function compareMessages(
  db: DatabaseLook,
  turns: readonly Survivor[],
  sum: Comparison,
  complain: (what: string) => void,
): Promise<void> {
  const stored = await db.rows<{ id: string; text: string | null; runs: number }>(
    `SELECT m.id, m.content -> 0 ->> 'text' AS text,
       (SELECT count(*)::int FROM chat.runs r WHERE r.workspace_id = m.workspace_id AND r.user_message_id = m.id) AS runs
     FROM chat.messages m WHERE m.id = ANY($1::uuid[])`,
    [turns.map(({ order }) => order.messageId)],
  )
  const byId = new Map(stored.map((row) => [row.id, row]))
  for (const { order, acknowledged } of turns) {
    const row = byId.get(order.messageId)
    if (acknowledged && row?.text !== order.text) {
      sum.lostMessages += 1
      complain(`message ${order.messageId} is ${row ? 'not as it was sent' : 'lost'}`)
    }
    if (row && row.runs !== 1) {
      sum.doubled += 1
      complain(`message ${order.messageId} has ${row.runs} runs`)
    }
  }
}

interface EventRow {
  readonly run_id: string
  readonly type: string
  readonly payload: string
}

async function compareEvents(
  db: DatabaseLook,
  turns: readonly Survivor[],
  sum: Comparison,
  complain: (what: string) => void,
): Promise<void> {
  const rows = await db.rows<EventRow>(
    `SELECT run_id, type, payload FROM chat.run_events WHERE run_id = ANY($1::uuid[]) ORDER BY run_id, sequence`,
    [turns.flatMap(({ runId }) => runId ?? [])],
  )
  const stored = Map.groupBy(rows, (row) => row.run_id)
  for (const { runId, frames, ended } of turns) {
    const events = (runId !== null && stored.get(runId)) || []
    const lost = frames.filter(
      (frame, at) => frame.event !== events[at]?.type || frame.data !== events[at].payload,
    )
    sum.lostEvents += lost.length
    if (lost.length > 0)
      complain(`run ${runId}: ${lost.length} of ${frames.length} shown events are not stored so`)
    if (ended) sum.unseenEvents += Math.max(0, events.length - frames.length)
    const ends = events.flatMap(({ type }, at) => (isTerminal(type) ? [at] : []))
    if (runId !== null && (ends.length !== 1 || ends[0] !== events.length - 1)) {
      sum.badEndings += 1
      complain(`run ${runId} has ${ends.length} terminal events among ${events.length}`)
    }
  }
}

async function compareAnswers(
  db: DatabaseLook,
  turns: readonly Survivor[],
  sum: Comparison,
  complain: (what: string) => void,
): Promise<void> {
  const rows = await db.rows<{ id: string; status: string; text: string | null }>(
    `SELECT id, status, (SELECT string_agg(part ->> 'text', '' ORDER BY place)
       FROM jsonb_array_elements(content) WITH ORDINALITY AS parts (part, place)) AS text
     FROM chat.messages WHERE id = ANY($1::uuid[])`,
    [turns.flatMap(({ answerId }) => answerId ?? [])],
  )
  const byId = new Map(rows.map((row) => [row.id, row]))
  for (const { answerId, frames, expectedText } of turns) {
    if (answerId === null) continue
    const row = byId.get(answerId)
    const shown = frames.map(({ event, data }) => deltaText(event, data)).join('')
    const whole = row?.status === 'complete' ? shown === expectedText : expectedText.startsWith(shown)
    if (whole && (row?.text ?? '') === shown) continue
    sum.wrongTexts += 1
    complain(
      `answer ${answerId} (${row?.status}) has ${row?.text?.length ?? 0} characters, ${shown.length} were shown`,
    )
  }
}
