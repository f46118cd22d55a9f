import { inspect } from 'node:util'

const hidden = '[hidden]'

/** A value that must never be printed: text, JSON and inspection all give `[hidden]`; `reveal()` gives the value. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return hidden
  }

  toJSON(): string {
    return hidden
  }

  [inspect.custom](): string {
    return hidden
  }
}
