/**
 * Ends one request. It does what an `AbortController` would, for one listener: of those there would be two for each
 * call of a model, and they are most of what is allocated for a short one.
 */
export class Stop {
  #listener: (() => void) | undefined
  #isPulled = false
  #reason: unknown

  /** Ends what listens, now or when it begins to. Only the first reason counts. */
  readonly abort = (reason?: unknown): void => {
    if (this.#isPulled) return
    this.#isPulled = true
    this.#reason = reason
    this.#listener?.()
  }

  get isPulled(): boolean {
    return this.#isPulled
  }

  get reason(): unknown {
    return this.#reason
  }

  /** Calls `listener` when the request is to end; the one before it is forgotten. */
  listen(listener: (() => void) | undefined): void {
    this.#listener = listener
  }
}
