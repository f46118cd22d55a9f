import { numberOf, objectsOf, stringOf } from '../shared/json.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'

/** Where a server put its reasoning, so that it goes back to the same place. */
export type ReasoningField = 'reasoning_content' | 'reasoning' | 'content'

/**
 * Collects what must be replayed of a reply's reasoning. OpenAI's own chat API shows none; DeepSeek, vLLM and others
 * stream `reasoning_content`, OpenRouter `reasoning` and structured `reasoning_details` with signatures.
 * https://api-docs.deepseek.com/guides/thinking_mode
 * https://openrouter.ai/docs/guides/best-practices/reasoning-tokens
 */
export class ReasoningCollector {
  #field: ReasoningField | undefined
  #details: JsonObject[] = []

  /** The reasoning text of one delta. Servers that fill two fields say the same in both. */
  read(delta: JsonObject): string | undefined {
    const details = objectsOf(delta['reasoning_details'])
    for (const detail of details) this.#add(detail)
    for (const field of ['reasoning_content', 'reasoning'] as const) {
      const text = stringOf(delta[field])
      if (text !== undefined && text !== '') {
        this.#field = field
        return text
      }
    }
    if (details.length === 0) return undefined
    // Details that come after the text repeat it.
    if (this.#field !== undefined) return ''
    return details.map((detail) => stringOf(detail['text']) ?? stringOf(detail['summary']) ?? '').join('')
  }

  providerData(): ProviderData | undefined {
    if (this.#details.length > 0) return own({ reasoning_details: this.#details })
    return this.#field && own({ field: this.#field })
  }

  /** Pieces of one detail share its index; their text is joined again. */
  #add(detail: JsonObject): void {
    const last = this.#details.at(-1)
    const continues =
      last !== undefined &&
      last['type'] === detail['type'] &&
      numberOf(last['index']) === numberOf(detail['index']) &&
      (detail['type'] === 'reasoning.text' || detail['type'] === 'reasoning.summary')
    if (!continues) this.#details.push({ ...detail })
    else this.#details[this.#details.length - 1] = joinDetails(last, detail)
  }
}

function joinDetails(first: JsonObject, second: JsonObject): JsonObject {
  const known = Object.fromEntries(Object.entries(second).filter(([, value]) => value !== null))
  const joined: JsonObject = { ...first, ...known }
  for (const member of ['text', 'summary']) {
    const text = stringOf(first[member])
    if (text !== undefined) joined[member] = text + (stringOf(second[member]) ?? '')
  }
  return joined
}

function own(data: JsonObject): ProviderData {
  return { dialect: 'openai-chat', data }
}
