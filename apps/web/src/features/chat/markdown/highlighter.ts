import { createContext } from 'react'
import type { HighlightReply, HighlightRequest } from './highlight-worker.ts'

/** A line as runs of text with their colour on light and on dark ground. */
export type HighlightedLine = readonly (readonly [text: string, light: string, dark: string])[]

const MAX_CODE = 100_000
const KEPT = 200

/** Colours code in a worker, so that grammars never hold up typing or a stream. */
class Highlighter {
  readonly #cache = new Map<string, readonly HighlightedLine[]>()
  readonly #waiting = new Map<number, (lines: readonly HighlightedLine[] | null) => void>()
  readonly #createWorker: () => Worker
  #worker: Worker | null = null
  #nextId = 1

  constructor(createWorker: () => Worker) {
    this.#createWorker = createWorker
  }

  /** What was coloured before; `key` is `language`, a line break and the code. */
  known(key: string): readonly HighlightedLine[] | null {
    return this.#cache.get(key) ?? null
  }

  /** Null for languages that are not known and for code that is too long. */
  highlight(code: string, language: string): Promise<readonly HighlightedLine[] | null> {
    if (!language || code.length > MAX_CODE) return Promise.resolve(null)
    const { promise, resolve } = Promise.withResolvers<readonly HighlightedLine[] | null>()
    const id = this.#nextId
    this.#nextId += 1
    this.#waiting.set(id, (lines) => {
      if (lines) this.#keep(`${language}\n${code}`, lines)
      resolve(lines)
    })
    const request: HighlightRequest = { id, code, language }
    // The target origin belongs to windows; workers have none.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    this.#start().postMessage(request)
    return promise
  }

  #start(): Worker {
    if (this.#worker) return this.#worker
    const worker = this.#createWorker()
    worker.addEventListener('message', ({ data }: MessageEvent<HighlightReply>) =>
      this.#done(data.id, data.lines),
    )
    worker.addEventListener('error', () => {
      for (const id of this.#waiting.keys()) this.#done(id, null)
    })
    this.#worker = worker
    return worker
  }

  #done(id: number, lines: readonly HighlightedLine[] | null): void {
    this.#waiting.get(id)?.(lines)
    this.#waiting.delete(id)
  }

  #keep(key: string, lines: readonly HighlightedLine[]): void {
    this.#cache.set(key, lines)
    const oldest = this.#cache.keys().next()
    if (this.#cache.size > KEPT && !oldest.done) this.#cache.delete(oldest.value)
  }
}

export const HighlighterContext = createContext(
  new Highlighter(() => new Worker(new URL('./highlight-worker.ts', import.meta.url), { type: 'module' })),
)
