import { setTimeout as sleep } from 'node:timers/promises'
import type { Attributes, InstrumentationScope, OtlpSpan } from '@atrium/wire/otlp'
import { isRefusal } from '#platform/db/refusal'
import type { Log } from '#platform/log'
import type { OwnWork } from '#platform/telemetry'
import { version } from '#platform/version'
import { gather } from './admission.ts'
import { admitSpans, type SpanBatch } from './admit.ts'
import type { Redactor } from './redaction/index.ts'
import type { SpanRow } from './rows.ts'
import type { Delivery, Writer } from './writer.ts'

export interface OwnWorkOptions {
  readonly writer: Writer<SpanRow>
  readonly redactor: Redactor
  readonly log: Log
  readonly now: () => Date
}

/** The sender of the product's own spans in the counts of arrivals: no key has this id. */
const ownSender = '00000000-0000-0000-0000-000000000000'

/** How long work waits for company. */
const gatherMs = 500
/** So much is written without waiting further. */
const fullBatch = 500
/** So much is described before others are. */
const largestBatch = 2000
/** What may wait in memory, counting what is on its way to the database. */
const most = { pieces: 20_000, chars: 64 * 1024 * 1024 } as const
/** How long the event loop is held at a time. */
const turnMs = 3
const retryMs = 500
/** How long the last spans may take when the server stops. */
const closeMs = 5000

/**
 * Stores the product's own spans by the way that all spans take, in batches and beside the work itself: whoever tells of
 * work waits for nothing. What finds no room is lost, and counted as rejected among the arrivals of its workspace.
 */
export class OwnWorkStore implements AsyncDisposable {
  readonly #options: OwnWorkOptions
  #waiting: OwnWork[] = []
  /** Spans of work that found no room, by workspace. */
  #lost = new Map<string, number>()
  #pieces = 0
  #chars = 0
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #isClosing = false

  constructor(options: OwnWorkOptions) {
    this.#options = options
  }

  keep(work: OwnWork): void {
    const isFull = this.#pieces >= most.pieces || (this.#pieces > 0 && this.#chars + work.chars > most.chars)
    if (isFull) this.#lose(work.workspaceId, 1)
    else {
      this.#waiting.push(work)
      this.#pieces += 1
      this.#chars += work.chars
    }
    if (this.#running) return
    if (this.#waiting.length >= fullBatch) this.#run()
    else this.#runSoon()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => (this.#isClosing = true), closeMs)
    while ((this.#waiting.length > 0 || this.#lost.size > 0 || this.#running) && !this.#isClosing) {
      if (!this.#running) this.#run()
      await this.#running
    }
    clearTimeout(timer)
    const { length } = this.#waiting
    if (length > 0) this.#options.log.error({ work: length }, 'own spans were not stored before the end')
  }

  #run(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#running = this.#store().finally(() => {
      this.#running = undefined
      if (this.#waiting.length >= fullBatch) this.#run()
      else if (this.#waiting.length > 0) this.#runSoon()
    })
  }

  #runSoon(): void {
    this.#timer ??= setTimeout(() => this.#run(), gatherMs).unref()
  }

  async #store(): Promise<void> {
    const works = this.#waiting.splice(0, largestBatch)
    const lost = this.#lost
    this.#lost = new Map()
    const byWorkspace = Map.groupBy(works, ({ workspaceId }) => workspaceId)
    for (const workspaceId of lost.keys()) if (!byWorkspace.has(workspaceId)) byWorkspace.set(workspaceId, [])
    for (const [workspaceId, group] of byWorkspace) {
      await this.#storeGroup(workspaceId, group, lost.get(workspaceId) ?? 0).catch((error: unknown) =>
        this.#options.log.error({ err: error, workspaceId, work: group.length }, 'own work was not stored'),
      )
      this.#pieces -= group.length
      this.#chars -= group.reduce((sum, { chars }) => sum + chars, 0)
    }
  }

  async #storeGroup(workspaceId: string, works: readonly OwnWork[], lost: number): Promise<void> {
    const { redactor, now } = this.#options
    let broken = 0
    const batches = batchesOf(works, (error) => {
      broken += 1
      this.#options.log.error({ err: error }, 'own work could not be described')
    })
    const admitted = await gather(admitSpans(batches, redactor, now().getTime()), { turnMs })
    const rejected = admitted.rejected + broken + lost
    if (rejected > 0)
      this.#options.log.warn(
        { workspaceId, lost, broken, unfit: admitted.message },
        'own spans were left out',
      )
    const delivery = { workspaceId, senderId: ownSender, rows: admitted.rows, rejected }
    if (delivery.rows.length > 0 || rejected > 0) await this.#insist(delivery)
  }

  /** Tries until the database takes it, or the server stops. What is refused is tried in parts, and left out in the end. */
  async #insist(delivery: Delivery<SpanRow>): Promise<void> {
    const { writer, log } = this.#options
    const spans = delivery.rows.length
    for (;;) {
      try {
        return await writer.write(delivery)
      } catch (error) {
        if (isRefusal(error) && spans > 1) return this.#insistOnParts(delivery)
        if (isRefusal(error) || this.#isClosing) {
          log.error({ err: error, spans }, 'own spans were not stored')
          return
        }
        log.warn({ err: error, spans }, 'own spans could not be stored yet; trying again')
        await sleep(retryMs)
      }
    }
  }

  async #insistOnParts({ rows, rejected, ...sender }: Delivery<SpanRow>): Promise<void> {
    const half = Math.ceil(rows.length / 2)
    await this.#insist({ ...sender, rows: rows.slice(0, half), rejected })
    await this.#insist({ ...sender, rows: rows.slice(half), rejected: 0 })
  }

  #lose(workspaceId: string, count: number): void {
    this.#lost.set(workspaceId, (this.#lost.get(workspaceId) ?? 0) + count)
  }
}

const resource: Attributes = new Map([
  ['service.name', 'atrium'],
  ['service.version', version],
])
const scope: InstrumentationScope = { name: 'atrium', version, attributes: new Map() }

/** One batch for each person whose messages are private, and one for all others. */
function* batchesOf(works: readonly OwnWork[], onBroken: (error: unknown) => void): Generator<SpanBatch> {
  for (const [privateTo, group] of Map.groupBy(works, (work) => work.privateTo))
    yield { resource, scope, privateTo, records: recordsOf(group, onBroken) }
}

function* recordsOf(works: readonly OwnWork[], onBroken: (error: unknown) => void): Generator<OtlpSpan> {
  for (const work of works) {
    try {
      yield* work.describe()
    } catch (error) {
      onBroken(error)
    }
  }
}
