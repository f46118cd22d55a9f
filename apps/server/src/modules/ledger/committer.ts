import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Tx } from '#platform/db'
import { isRefusal } from '#platform/db/refusal'
import type { Log } from '#platform/log'
import { withoutCost } from './lines.ts'
import { settle, settleLate } from './store.ts'

/** A line on its way to the database. */
export interface Commit {
  readonly processId: string
  readonly line: string
  /** It has cost more than could be charged. */
  readonly isShort?: boolean
  /** Called when it is there. `alive` is false when the process had been taken over by then. */
  readonly done: (alive: boolean) => void
}

export interface CommitterOptions {
  readonly jobDb: Database
  readonly log: Log
  /** Lines of holds that have been open for a while and that the database does not know yet. */
  readonly staleHolds: () => Commit[]
}

const tickMs = 25
const retryMs = 250
const batchLines = 1000

/**
 * Commits settlements in groups: the first at once, those that come meanwhile with the next tick. Lines wait in memory
 * while the database is away; the spool has them too.
 */
export class Committer {
  readonly #options: CommitterOptions
  #waiting: Commit[] = []
  #underWay: readonly Commit[] = []
  /** Refused by the database, which should not happen: they stay in the spool. */
  readonly #stuck: Commit[] = []
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #running: Promise<void> | undefined
  #lastTickMs = 0

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  add(commit: Commit): void {
    this.#waiting.push(commit)
    this.#schedule()
  }

  /** Commits the stale holds. */
  nudge(): void {
    this.#schedule()
  }

  /** What the database does not know for certain yet. */
  *pending(): Generator<string> {
    for (const { line } of this.#stuck) yield line
    for (const { line } of this.#underWay) yield line
    for (const { line } of this.#waiting) yield line
  }

  get isIdle(): boolean {
    return this.#waiting.length + this.#underWay.length + this.#stuck.length === 0
  }

  /** Commits all of it, or gives up after a while; true when nothing is left. */
  async stop(patienceMs: number): Promise<boolean> {
    const untilMs = performance.now() + patienceMs
    while (this.#waiting.length + this.#underWay.length > 0 && performance.now() < untilMs) await sleep(5)
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#running
    return this.isIdle
  }

  #schedule(): void {
    if (this.#running || this.#timer || this.#isStopped) return
    // Not before the event loop goes on: what comes in the same turn shares a statement.
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#running = this.#tick().finally(() => {
          this.#running = undefined
          if (this.#waiting.length > 0) this.#schedule()
        })
      },
      Math.max(0, this.#lastTickMs + tickMs - performance.now()),
    )
  }

  async #tick(): Promise<void> {
    this.#lastTickMs = performance.now()
    const taken = this.#waiting.splice(0, batchLines)
    const byProcess = Map.groupBy([...taken, ...this.#options.staleHolds()], ({ processId }) => processId)
    this.#underWay = taken
    for (const [processId, commits] of byProcess) await this.#surely(processId, commits)
    if (!this.#isStopped) this.#underWay = []
  }

  async #surely(processId: string, commits: readonly Commit[]): Promise<void> {
    while (!this.#isStopped && !(await this.#commit(processId, commits))) await sleep(retryMs)
  }

  /** False when the database is away, or busy. */
  async #commit(processId: string, commits: readonly Commit[]): Promise<boolean> {
    const { jobDb, log } = this.#options
    const json = `[${commits.map(({ line }) => line).join(',')}]`
    const isShort = commits.some((commit) => commit.isShort)
    try {
      const alive = await jobDb.transaction((tx) => settle(tx, processId, { json, isShort }))
      for (const { done } of commits) done(alive)
      return true
    } catch (error) {
      if (!isRefusal(error)) {
        log.warn(
          { err: error, lines: commits.length },
          'settlements could not be committed yet; trying again',
        )
        return false
      }
      const [first] = commits
      if (commits.length > 1) for (const commit of commits) await this.#surely(processId, [commit])
      else if (first) await this.#commitOtherwise(first, error)
      return true
    }
  }

  /**
   * A line that the database refuses, which should not happen: no hold must stay open for it. It is booked without its
   * cost, else without the leases, and is named in the log; one that is refused even so is kept in the spool.
   */
  async #commitOtherwise(commit: Commit, refusal: unknown): Promise<void> {
    const { jobDb, log } = this.#options
    const { processId, line, done } = commit
    log.error({ err: refusal, line }, 'a settlement could not be committed as it is')
    const json = `[${withoutCost(line)}]`
    const ways: readonly ((tx: Tx) => Promise<boolean>)[] = [
      (tx) => settle(tx, processId, { json, isShort: false }),
      (tx) => settleLate(tx, processId, json).then(() => true),
    ]
    for (const way of ways) {
      const alive = await jobDb.transaction(way).catch(() => undefined)
      if (alive !== undefined) return done(alive)
    }
    this.#stuck.push(commit)
  }
}
