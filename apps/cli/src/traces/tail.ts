import { setTimeout as sleep } from 'node:timers/promises'
import { traceRoutes, type RouteCall, type TraceSummary } from '@atrium/contract'
import type { Client } from '../lib/client.ts'
import { CliError, exitCodes } from '../lib/errors.ts'

type Query = NonNullable<RouteCall<typeof traceRoutes.listTraces>['query']>
export type TraceFilters = Omit<Query, 'limit' | 'cursor' | 'from' | 'to'>

const everyMs = 2000
/** Traces that began longer ago are not looked for: spans come as late as this at most. */
const lookBackMs = 15 * 60_000
/** How long a trace may be without its root before it is given all the same. */
const patienceMs = 10_000
/** Pages that are read each time, of a hundred traces. */
const mostPages = 10

/** Traces of a workspace as they arrive. */
export class TraceTail {
  readonly #client: Client
  readonly #workspaceId: string
  readonly #filters: TraceFilters
  /** When each trace began that was given already. */
  readonly #given = new Map<string, number>()
  /** When each trace was first seen that has no root yet. */
  readonly #rootless = new Map<string, number>()

  constructor(client: Client, workspaceId: string, filters: TraceFilters) {
    this.#client = client
    this.#workspaceId = workspaceId
    this.#filters = filters
  }

  /** The newest that are there already, the oldest of them first. They are not given again, nor is anything before them. */
  async begin(most: number): Promise<TraceSummary[]> {
    const newest = most === 0 ? [] : (await this.#read({ limit: most })).data
    for (const trace of [...newest, ...(await this.#unknown())]) this.#give(trace)
    return newest.toReversed()
  }

  /**
   * New ones without end, the oldest first, each once its root is there.
   * @param onAway called when the server does not answer; it is asked again
   */
  async *follow(onAway: () => void): AsyncGenerator<TraceSummary> {
    for (;;) {
      await sleep(everyMs)
      try {
        const ready = (await this.#unknown()).filter((trace) => this.#isReady(trace))
        for (const trace of ready.toReversed()) yield this.#give(trace)
        this.#forget()
      } catch (error) {
        if (!(error instanceof CliError) || error.exitCode !== exitCodes.unavailable) throw error
        onAway()
      }
    }
  }

  #read(query: Query) {
    return this.#client.call(traceRoutes.listTraces, {
      params: { workspaceId: this.#workspaceId },
      query: { ...this.#filters, ...query },
    })
  }

  /** Recent ones that were not given, the newest first. Pages are read until one brings nothing new. */
  async #unknown(): Promise<TraceSummary[]> {
    const from = new Date(Date.now() - lookBackMs).toISOString()
    const found: TraceSummary[] = []
    let cursor: string | null = null
    for (let page = 0; page < mostPages; page += 1) {
      const { data, meta } = await this.#read({ from, limit: 100, ...(cursor === null ? {} : { cursor }) })
      const fresh = data.filter(({ id }) => !this.#given.has(id))
      found.push(...fresh)
      cursor = meta.nextCursor
      if (cursor === null || fresh.length === 0) break
    }
    return found
  }

  #isReady({ id, hasRoot }: TraceSummary): boolean {
    const seenAt = this.#rootless.get(id) ?? Date.now()
    this.#rootless.set(id, seenAt)
    return hasRoot || Date.now() - seenAt >= patienceMs
  }

  #give(trace: TraceSummary): TraceSummary {
    this.#given.set(trace.id, Date.parse(trace.startedAt))
    this.#rootless.delete(trace.id)
    return trace
  }

  /** What began too long ago to be listed again. */
  #forget(): void {
    const before = Date.now() - 2 * lookBackMs
    for (const [id, startedAt] of this.#given) if (startedAt < before) this.#given.delete(id)
    for (const [id, seenAt] of this.#rootless) if (seenAt < before) this.#rootless.delete(id)
  }
}
