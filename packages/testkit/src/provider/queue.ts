import type { Script } from './script.ts'

/** Which call an enqueued script waits for; every given condition must hold. */
export interface ScriptMatch {
  model?: string
  /** A part of the last user message. */
  includes?: string
}

/** Scripts waiting for their calls, each used once, first come first served. */
export class ScriptQueue {
  readonly #waiting: { script: Script; match: ScriptMatch }[] = []

  add(script: Script, match: ScriptMatch = {}): void {
    this.#waiting.push({ script, match })
  }

  /** Takes the first script that waits for such a call; an empty one when none does. */
  take(model: string, said: string): Script {
    const at = this.#waiting.findIndex(({ match }) => {
      return (match.model ?? model) === model && said.includes(match.includes ?? '')
    })
    return at < 0 ? {} : (this.#waiting.splice(at, 1)[0]?.script ?? {})
  }

  clear(): void {
    this.#waiting.length = 0
  }
}
