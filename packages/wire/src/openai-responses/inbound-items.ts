import { wrapOpaque } from '../shared/opaque.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'
import type { ToolCall } from '../spec/stream.ts'
import type { EventWriter } from './inbound-events.ts'

/**
 * Reasoning that is being written, as one summary.
 * https://platform.openai.com/docs/api-reference/responses-streaming/response/reasoning_summary_part/added
 */
export class ReasoningItem {
  readonly index: number
  readonly #events: EventWriter
  readonly #id: string
  #text = ''
  #delta: ((text: string) => string) | undefined

  constructor(events: EventWriter, id: string, index: number) {
    this.#events = events
    this.#id = id
    this.index = index
  }

  open(): string {
    const item = { id: this.#id, type: 'reasoning', status: 'in_progress', summary: [] }
    return this.#events.write('response.output_item.added', { output_index: this.index, item })
  }

  write(delta: string): string {
    if (delta === '') return ''
    this.#text += delta
    if (this.#delta) return this.#delta(delta)
    const at = { item_id: this.#id, output_index: this.index, summary_index: 0 }
    this.#delta = this.#events.deltas('response.reasoning_summary_text.delta', at)
    const added = { ...at, part: summaryText('') }
    return this.#events.write('response.reasoning_summary_part.added', added) + this.#delta(delta)
  }

  settle(): string {
    if (!this.#delta) return ''
    const at = { item_id: this.#id, output_index: this.index, summary_index: 0 }
    return (
      this.#events.write('response.reasoning_summary_text.done', { ...at, text: this.#text }) +
      this.#events.write('response.reasoning_summary_part.done', { ...at, part: summaryText(this.#text) })
    )
  }

  /** OpenAI's own item is given as it was, its id included: the encrypted content is bound to it. */
  close(data: ProviderData | undefined): JsonObject {
    const summary = this.#text === '' ? [] : [summaryText(this.#text)]
    const item = { id: this.#id, type: 'reasoning', status: 'completed', summary }
    if (!data) return item
    if (data.dialect !== 'openai-responses') return { ...item, encrypted_content: wrapOpaque(data) }
    return { id: this.#id, type: 'reasoning', summary, ...data.data }
  }
}

function summaryText(text: string): JsonObject {
  return { type: 'summary_text', text }
}

/**
 * A function call that is being written.
 * https://platform.openai.com/docs/api-reference/responses-streaming/response/function_call_arguments/delta
 */
export class CallItem {
  readonly index: number
  readonly #events: EventWriter
  readonly #members: JsonObject
  readonly #id: string
  readonly #delta: (text: string) => string
  #wroteDelta = false

  constructor(events: EventWriter, id: string, index: number, callId: string, name: string) {
    this.#events = events
    this.#id = id
    this.index = index
    this.#members = { id, type: 'function_call', call_id: callId, name }
    this.#delta = events.deltas('response.function_call_arguments.delta', {
      item_id: id,
      output_index: index,
    })
  }

  open(): string {
    const item = { ...this.#members, status: 'in_progress', arguments: '' }
    return this.#events.write('response.output_item.added', { output_index: this.index, item })
  }

  write(delta: string): string {
    if (delta === '') return ''
    this.#wroteDelta = true
    return this.#delta(delta)
  }

  /** The arguments are final now; those that never came in pieces come as one. */
  settle({ rawArgs, name }: ToolCall): string {
    const at = { item_id: this.#id, output_index: this.index }
    const whole = this.#wroteDelta ? '' : this.write(rawArgs)
    return (
      whole + this.#events.write('response.function_call_arguments.done', { ...at, name, arguments: rawArgs })
    )
  }

  close({ rawArgs }: ToolCall): JsonObject {
    return { ...this.#members, status: 'completed', arguments: rawArgs }
  }
}
