import { z } from 'zod'
import type { Batch } from './store.ts'
import type { Outcome } from './types.ts'

/**
 * What is known of an attempt, as one line of JSON: in the spool, and as an element of the batches that the database
 * takes (`ledger.settle` explains the letters; `i` is the process that holds). Amounts are strings, which keep every
 * digit in both. The text is put together by hand: it is made twice for each call.
 */
export interface LineHead {
  readonly processId: string
  readonly workspaceId: string
  readonly callId: string
  readonly attempt: number
  readonly heldNanoUsd: bigint
  readonly budgetIds: readonly string[]
  readonly periodStarts: readonly string[]
  readonly funding: 'credits' | 'postpaid'
  readonly createdAt: string
}

/** The part that stays the same from the hold to its settlement. Nothing in it needs escaping. */
export const headOf = (head: LineHead): string =>
  `{"i":"${head.processId}","w":"${head.workspaceId}","c":"${head.callId}","a":${head.attempt},"h":"${head.heldNanoUsd}","b":${quoted(head.budgetIds)},"p":${quoted(head.periodStarts)},"f":"${head.funding}","t":"${head.createdAt}"`

const quoted = (texts: readonly string[]): string => (texts.length === 0 ? '[]' : `["${texts.join('","')}"]`)

/** @param about what the call is, as JSON; only the first line of a hold has to say it */
export const heldLine = (head: string, about?: string): string =>
  `${head},"s":"held","k":"0","x":null,"o":null,"e":false${about === undefined ? '' : `,"n":${about}`}}`

export const settledLine = (
  head: string,
  charged: bigint,
  { costNanoUsd, status, estimated }: Outcome,
): string =>
  `${head},"s":"settled","k":"${charged}","x":${costNanoUsd === null ? 'null' : `"${costNanoUsd}"`},"o":"${status}","e":${estimated || costNanoUsd === null}}`

/** A call that is under way, whatever has become of its attempts. */
export const begunLine = (workspaceId: string, callId: string, about: string): string =>
  `{"w":"${workspaceId}","c":"${callId}","n":${about}}`

/** @param json the record of a call: an object with its `id` */
export const recordLine = (json: string): string => `${recordHead}${json}}`
const recordHead = '{"record":'

const amount = z.string().regex(/^\d{1,19}$/)

/** A line as it is read back. */
const line = z.object({
  i: z.uuid(),
  w: z.uuid(),
  c: z.uuid(),
  a: z.number().int(),
  h: amount,
  b: z.array(z.uuid()),
  p: z.array(z.iso.datetime()),
  f: z.enum(['credits', 'postpaid']),
  t: z.iso.datetime(),
  s: z.enum(['held', 'settled', 'expired']),
  k: amount,
  x: amount.nullable(),
  o: z.enum(['finished', 'failed', 'aborted']).nullable(),
  e: z.boolean(),
  n: z.record(z.string(), z.unknown()).optional(),
})
export type Line = z.infer<typeof line>

const begun = z.object({ w: z.uuid(), c: z.uuid(), n: z.record(z.string(), z.unknown()) })
/** A call that was held for: workspace, call, and what it is. */
export type Begun = z.infer<typeof begun>

/** The record of a call, as it was given. */
export interface RecordLine {
  readonly callId: string
  readonly record: string
}

const recordText = z.object({ record: z.object({ id: z.uuid() }) })
const other = z.union([line, begun])

/** Null for what is no whole line: the last one of a process that was killed while it wrote. */
export function parseLine(text: string): Line | Begun | RecordLine | null {
  try {
    const found: unknown = JSON.parse(text)
    if (!text.startsWith(recordHead)) return other.parse(found)
    return { callId: recordText.parse(found).record.id, record: text.slice(recordHead.length, -1) }
  } catch {
    return null
  }
}

/** A hold whose process died: nobody knows what became of the call, so all of it counts as spent. */
export const expired = (found: Line): Line =>
  found.s === 'held' ? { ...found, s: 'expired', k: found.h, e: true } : found

/** The batch of these lines. */
export const batchOf = (lines: readonly Line[]): Batch => ({
  json: JSON.stringify(lines),
  isShort: lines.some(({ k, x }) => x !== null && BigInt(x) > BigInt(k)),
})

/** A settlement that the database does not take as it is: what was held counts as spent, and nobody knows the cost. */
export const doubtful = (found: Line): Line =>
  found.s === 'settled' ? { ...found, s: 'expired', k: found.h, x: null, o: null, e: true } : found

/** The same charge without the cost that was named for it. */
export const withoutCost = (text: string): string => {
  // A line of our own making.
  const found = JSON.parse(text) as Line
  return JSON.stringify(found.s === 'settled' ? { ...found, x: null, e: true } : found)
}
