import type { Database } from '#platform/db'
import { isRefusal } from '#platform/db/refusal'
import { chunksOf } from './chunks.ts'
import { traceErrors } from './errors.ts'
import type { SpanRow } from './rows.ts'
import { insertSpans, openDay } from './store.ts'

/** Spans of one request, to be stored or refused as a whole. */
export interface Delivery {
  readonly workspaceId: string
  readonly senderId: string
  readonly spans: readonly SpanRow[]
  /** Spans that were not fit to be stored; they are counted. */
  readonly rejected: number
}

/** Stores what arrives; each call resolves once its spans are committed. */
export interface SpanWriter {
  /** @throws AppError 503 when more waits already than may */
  write(delivery: Delivery): Promise<void>
}

interface Waiting extends PromiseWithResolvers<void> {
  readonly delivery: Delivery
  readonly chars: number
}

/** What goes into one transaction at most, in spans. */
const mostSpans = 4096
/** What may wait for the database, in characters of payloads: the sender keeps the rest. */
const mostWaitingChars = 64 * 1024 * 1024
/** Transactions at once. */
const lanes = 2
/** How often a transaction is tried that another one has pushed aside. */
const attempts = 3

/**
 * Stores what several requests of one sender bring in one transaction: a commit costs about as much as five hundred
 * spans. Whoever comes while a transaction is on its way goes with the next one; nobody waits for company.
 */
export class GroupingWriter implements SpanWriter {
  readonly #db: Database
  readonly #queues = new Map<string, Waiting[]>()
  readonly #busy = new Set<string>()
  readonly #days = new Set<string>()
  #waitingChars = 0

  constructor(db: Database) {
    this.#db = db
  }

  async write(delivery: Delivery): Promise<void> {
    const chars = delivery.spans.reduce((sum, { payload }) => sum + payload.length, 0)
    if (this.#waitingChars > 0 && this.#waitingChars + chars > mostWaitingChars) throw traceErrors.full()
    const waiting: Waiting = { delivery, chars, ...Promise.withResolvers<void>() }
    const sender = `${delivery.workspaceId} ${delivery.senderId}`
    const queue = this.#queues.get(sender)
    if (queue) queue.push(waiting)
    else this.#queues.set(sender, [waiting])
    this.#waitingChars += chars
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
        this.#waitingChars -= group.reduce((sum, { chars }) => sum + chars, 0)
        this.#begin()
      })
    }
  }

  async #store(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#commit(group.map(({ delivery }) => delivery))
      for (const { resolve } of group) resolve()
    } catch (error) {
      // What one of them cannot store must not keep the others out.
      if (group.length > 1 && isRefusal(error)) await Promise.all(group.map((one) => this.#store([one])))
      else for (const { reject } of group) reject(error)
    }
  }

  async #commit(deliveries: readonly Delivery[]): Promise<void> {
    const [{ workspaceId, senderId } = nobody] = deliveries
    const spans = deliveries.flatMap((delivery) => delivery.spans)
    const rejected = deliveries.reduce((sum, delivery) => sum + delivery.rejected, 0)
    const chunks = await chunksOf(spans)
    const missing = new Set(chunks.map(({ day }) => day)).difference(this.#days)
    for (const day of [...missing].toSorted()) {
      await this.#db.transaction((tx) => openDay(tx, day))
      this.#days.add(day)
    }
    const arrival = { workspaceId, senderId, chunks, accepted: spans.length, rejected }
    await insisting(() => this.#db.withWorkspace(workspaceId, (tx) => insertSpans(tx, arrival)))
  }
}

const nobody: Pick<Delivery, 'workspaceId' | 'senderId'> = { workspaceId: '', senderId: '' }

function takeGroup(queue: Waiting[]): Waiting[] {
  let spans = 0
  let count = 0
  for (const { delivery } of queue) {
    spans += delivery.spans.length
    if (count > 0 && spans > mostSpans) break
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

/** Serialization failure or deadlock. */
const isPushedAside = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  (error.code === '40001' || error.code === '40P01')
