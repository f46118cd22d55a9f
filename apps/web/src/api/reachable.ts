import { onAnswer } from './client.ts'

/** A server that restarts is back within this time: nothing needs to be said. */
const graceMs = 2000

export type StreamState = 'open' | 'lost'

/** Whether the server can be reached, as the stream that is always open tells it. Every answer is proof that it can. */
export class Reachability {
  #lost = false
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #listeners = new Set<() => void>()

  constructor(answers: (listener: () => void) => void) {
    answers(() => this.note('open'))
  }

  readonly isLost = (): boolean => this.#lost

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  note(state: StreamState): void {
    if (state === 'lost') {
      this.#timer ??= setTimeout(() => this.#set(true), graceMs)
      return
    }
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#set(false)
  }

  #set(lost: boolean): void {
    if (this.#lost === lost) return
    this.#lost = lost
    for (const listener of this.#listeners) listener()
  }
}

export const reachability = new Reachability(onAnswer)
