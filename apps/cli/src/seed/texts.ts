import { fillings } from './agents.ts'
import type { Random } from './random.ts'

/** What one run is about: each blank is filled with the same words wherever it stands. */
export class Subject {
  readonly #words = new Map<string, string>()
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  fill(text: string): string {
    return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => this.#word(name))
  }

  fillAll(texts: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, this.fill(text)]))
  }

  #word(name: string): string {
    const known = this.#words.get(name)
    if (known !== undefined) return known
    const word = this.#newWord(name)
    this.#words.set(name, word)
    return word
  }

  #newWord(name: string): string {
    if (name === 'order') return `A-${this.#random.whole(10_000, 99_999)}`
    if (name in fillings) return this.#random.pick(fillings[name as keyof typeof fillings])
    return String(this.#random.whole(2, 24))
  }
}

type Part =
  | { readonly type: 'text'; readonly content: string }
  | { readonly type: 'tool_call'; readonly id: string; readonly name: string; readonly arguments: object }
  | { readonly type: 'tool_call_response'; readonly id: string; readonly response: string }

/** In the shape of `gen_ai.input.messages`. */
export interface Message {
  readonly role: 'user' | 'assistant' | 'tool'
  readonly parts: readonly Part[]
  readonly finish_reason?: string
}

export const said = (role: 'user' | 'assistant', content: string): Message => ({
  role,
  parts: [{ type: 'text', content }],
})

/** About as many tokens as a text has. */
export const tokensIn = (text: string): number => Math.ceil(text.length / 4)
