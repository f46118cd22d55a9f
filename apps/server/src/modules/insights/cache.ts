import type { Range } from '#modules/traces'
import type { Log } from '#platform/log'

/** How long answers are kept: those that reach up to now, up to the last day, and older ones. */
const tiersMs = { hot: 30_000, warm: 5 * 60_000, cold: 30 * 60_000 } as const
const minuteMs = 60_000
const dayMs = 86_400_000
/** An answer is kept for so long even when there is news: spans may come all the time. */
const leastMs = 1000

/** After so many questions the log says how many of them were answered from here. */
const reportEvery = 1000

/** What an answer is about; together they are its key, `{domain}:{workspace}:{scope}:{id}`. */
export interface CacheKey {
  readonly domain: string
  readonly workspaceId: string
  readonly scope: string
  readonly id: string
}

/** An answer, and whether it was there already. */
export interface Kept<T> {
  readonly answer: T
  readonly isHit: boolean
}

interface Entry {
  readonly answer: Promise<unknown>
  readonly workspaceId: string
  /** Of the spans that it is about. */
  readonly range: Range
  readonly askedAt: number
  expiresAt: number
  bytes: number
}

export interface AnswersOptions {
  readonly maxBytes: number
  readonly nowMs: () => number
  readonly log: Log
}

/** Answers of this process, the longest unused dropped first. Whoever asks the same meanwhile waits for the same answer. */
export class Answers {
  readonly #options: AnswersOptions
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>()
  readonly #byWorkspace = new Map<string, Set<string>>()
  #bytes = 0
  readonly #counts = { hits: 0, misses: 0 }

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  /** The kept answer, else a new one; one that fails is not kept. */
  async get<T>(parts: CacheKey, range: Range, ask: () => Promise<T>): Promise<Kept<T>> {
    const key = `${parts.domain}:${parts.workspaceId}:${parts.scope}:${parts.id}`
    const now = this.#options.nowMs()
    const found = this.#entries.get(key)
    if (found && found.expiresAt > now) {
      this.#count('hits')
      this.#entries.delete(key)
      this.#entries.set(key, found)
      // The key says what was asked, and with it what the answer is.
      return { answer: (await found.answer) as T, isHit: true }
    }
    this.#count('misses')
    if (found) this.#drop(key, found)
    return { answer: await this.#ask(key, parts.workspaceId, range, ask), isHit: false }
  }

  /** Spans have come that started within this range. */
  grown(workspaceId: string, range: Range): void {
    const now = this.#options.nowMs()
    for (const key of this.#byWorkspace.get(workspaceId) ?? []) {
      const entry = this.#entries.get(key)
      if (!entry || entry.range.to <= range.from || entry.range.from >= range.to) continue
      entry.expiresAt = Math.min(entry.expiresAt, entry.askedAt + leastMs)
      if (entry.expiresAt <= now) this.#drop(key, entry)
    }
  }

  /** News may have been missed. */
  clear(): void {
    this.#entries.clear()
    this.#byWorkspace.clear()
    this.#bytes = 0
  }

  async #ask<T>(key: string, workspaceId: string, range: Range, ask: () => Promise<T>): Promise<T> {
    const askedAt = this.#options.nowMs()
    const answer = ask()
    const expiresAt = askedAt + tiersMs[tierOf(range, askedAt)]
    // Kept before it is there, so that news that comes meanwhile counts.
    const entry: Entry = { answer, workspaceId, range, askedAt, expiresAt, bytes: 0 }
    this.#entries.set(key, entry)
    const keys = this.#byWorkspace.get(workspaceId)
    if (keys) keys.add(key)
    else this.#byWorkspace.set(workspaceId, new Set([key]))
    try {
      const given = await answer
      if (this.#entries.get(key) === entry) this.#weigh(entry, key.length + JSON.stringify(given).length)
      return given
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#drop(key, entry)
      throw error
    }
  }

  #count(what: 'hits' | 'misses'): void {
    this.#counts[what] += 1
    const { hits, misses } = this.#counts
    if ((hits + misses) % reportEvery === 0) this.#options.log.info({ hits, misses }, 'answers about metrics')
  }

  /** Characters of text take two bytes at most; objects about as much again. */
  #weigh(entry: Entry, characters: number): void {
    entry.bytes = 4 * characters
    this.#bytes += entry.bytes
    for (const [key, oldest] of this.#entries) {
      if (this.#bytes <= this.#options.maxBytes) return
      this.#drop(key, oldest)
    }
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
    const keys = this.#byWorkspace.get(entry.workspaceId)
    keys?.delete(key)
    if (keys?.size === 0) this.#byWorkspace.delete(entry.workspaceId)
  }
}

function tierOf({ to }: Range, nowMs: number): keyof typeof tiersMs {
  if (to >= nowMs - minuteMs) return 'hot'
  return to >= nowMs - dayMs ? 'warm' : 'cold'
}
