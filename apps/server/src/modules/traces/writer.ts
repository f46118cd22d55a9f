import { isRefusal } from '#platform/db/refusal'
import { codeOf } from '#platform/db/unavailable'
import { traceErrors } from './errors.ts'

/** What one sender has sent, to be stored or refused as a whole. */
export interface Delivery<Row> {
  readonly workspaceId: string
  /** Of the API key. */
  readonly senderId: string
  readonly rows: readonly Row[]
  /** Records that were not fit to be stored; they are counted. */
  readonly rejected: number
}

/** Where rows of one kind are kept. */
export interface Storage<Row> {
  /** What a row takes up while it waits, about, in characters. */
  readonly charsOf: (row: Row) => number
  /** Stores rows and what they are counted as, in one transaction. */
  readonly store: (delivery: Delivery<Row>) => Promise<void>
}

/** Stores what arrives; each call resolves once its rows are committed. */
export interface Writer<Row> {
  /** What a row takes up while it waits, about, in characters. */
  readonly charsOf: (row: Row) => number
  /** @throws AppError 503 when more waits already than may */
  write(delivery: Delivery<Row>): Promise<void>
}

interface Waiting<Row> extends PromiseWithResolvers<void> {
  readonly delivery: Delivery<Row>
  readonly chars: number
}

/** What goes into one transaction at most, in rows. */
const mostRows = 4096
/** What may wait for the database, in characters: the senders keep the rest. */
const mostWaitingChars = 64 * 1024 * 1024
/** Transactions at once. */
const lanes = 2
/** How often a transaction is tried that another one has pushed aside. */
const attempts = 3

/** How much waits for the database, of all kinds of rows together. */
export class Backlog {
  #chars = 0

  /** @throws AppError 503 when more waits already than may */
  take(chars: number): void {
    if (this.#chars > 0 && this.#chars + chars > mostWaitingChars) throw traceErrors.full()
    this.#chars += chars
  }

  free(chars: number): void {
    this.#chars -= chars
  }
}

/**
 * Stores what several requests of one sender bring in one transaction: a commit costs about as much as five hundred
 * spans. Whoever comes while a transaction is on its way goes with the next one; nobody waits for company.
 */
export class GroupingWriter<Row> implements Writer<Row> {
  readonly #storage: Storage<Row>
  readonly #backlog: Backlog
  readonly #queues = new Map<string, Waiting<Row>[]>()
  readonly #busy = new Set<string>()
  readonly charsOf: (row: Row) => number

  constructor(storage: Storage<Row>, backlog: Backlog) {
    this.#storage = storage
    this.charsOf = storage.charsOf
    this.#backlog = backlog
  }

  async write(delivery: Delivery<Row>): Promise<void> {
    const chars = delivery.rows.reduce((sum, row) => sum + this.charsOf(row), 0)
    this.#backlog.take(chars)
    const waiting: Waiting<Row> = { delivery, chars, ...Promise.withResolvers<void>() }
    const sender = `${delivery.workspaceId} ${delivery.senderId}`
    const queue = this.#queues.get(sender)
    if (queue) queue.push(waiting)
    else this.#queues.set(sender, [waiting])
    this.#begin()
    return waiting.promise
  }

  /** Fills the free lanes, one sender in each: two transactions of one sender would wait for one another's counts. */
  #begin(): void {
    for (const [sender, queue] of this.#queues) {
      if (this.#busy.size >= lanes) return
      if (this.#busy.has(sender)) continue
      const group = takeGroup(queue)
      // Who has had a turn goes to the end, so that nobody is passed over.
      this.#queues.delete(sender)
      if (queue.length > 0) this.#queues.set(sender, queue)
      this.#busy.add(sender)
      void this.#store(group).finally(() => {
        this.#busy.delete(sender)
        this.#backlog.free(group.reduce((sum, { chars }) => sum + chars, 0))
        this.#begin()
      })
    }
  }

  async #store(group: readonly Waiting<Row>[]): Promise<void> {
    try {
      await insisting(() => this.#storage.store(together(group)))
      for (const { resolve } of group) resolve()
    } catch (error) {
      // What one of them cannot store must not keep the others out.
      if (group.length > 1 && isRefusal(error)) await Promise.all(group.map((one) => this.#store([one])))
      else for (const { reject } of group) reject(error)
    }
  }
}

/** What requests of one sender bring, as one. */
function together<Row>(group: readonly Waiting<Row>[]): Delivery<Row> {
  const [first] = group
  if (!first) throw new Error('nothing waits')
  return {
    ...first.delivery,
    rows: group.flatMap(({ delivery }) => delivery.rows),
    rejected: group.reduce((sum, { delivery }) => sum + delivery.rejected, 0),
  }
}

function takeGroup<Row>(queue: Waiting<Row>[]): Waiting<Row>[] {
  let rows = 0
  let count = 0
  for (const { delivery } of queue) {
    rows += delivery.rows.length
    if (count > 0 && rows > mostRows) break
    count += 1
  }
  return queue.splice(0, count)
}

/** Tries again what PostgreSQL ended so that others could go on. */
async function insisting<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= attempts || !isPushedAside(error)) throw error
    }
  }
}

/** Serialization failure, deadlock, or a row for a day that has been dropped meanwhile. */
const isPushedAside = (error: unknown): boolean => passing.has(codeOf(error) ?? '')

const passing: ReadonlySet<string> = new Set(['40001', '40P01', '23514'])
