import type { JsonObject } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'
import type { SourcePart } from '../spec/stream.ts'
import type { EventWriter } from './inbound-events.ts'
import type { Carried } from './inbound-state.ts'

interface Content {
  index: number
  text: string
  annotations: JsonObject[]
  delta: (text: string) => string
}

/**
 * A message that is being written: neighbouring texts are its parts. A text that has ended is held until something
 * else comes, because its sources may follow it.
 * https://platform.openai.com/docs/api-reference/responses/object#responses/object-output
 */
export class MessageItem {
  readonly index: number
  readonly carried: Carried[] = []
  readonly #events: EventWriter
  readonly #id: string
  readonly #contents: Content[] = []
  /** Texts that are being written, by the id of their block. */
  readonly #open = new Map<string, Content>()
  /** Texts that have ended and are not said to be done. */
  #ended: Content[] = []
  #phase: string | undefined

  constructor(events: EventWriter, id: string, index: number) {
    this.#events = events
    this.#id = id
    this.index = index
  }

  get isOpen(): boolean {
    return this.#open.size > 0
  }

  open(): string {
    return this.#events.write('response.output_item.added', {
      output_index: this.index,
      item: this.#item('in_progress', []),
    })
  }

  startText(block: string): string {
    const index = this.#contents.length
    const at = { item_id: this.#id, output_index: this.index, content_index: index }
    const delta = this.#events.deltas('response.output_text.delta', { ...at, logprobs: [] })
    const content: Content = { index, text: '', annotations: [], delta }
    this.#contents.push(content)
    this.#open.set(block, content)
    return this.#events.write('response.content_part.added', { ...at, part: outputText(content) })
  }

  writeText(block: string, delta: string): string {
    const content = this.#open.get(block)
    if (!content || delta === '') return ''
    content.text += delta
    return content.delta(delta)
  }

  endText(block: string, data: ProviderData | undefined): void {
    const content = this.#open.get(block)
    if (!content) return
    this.#open.delete(block)
    this.#ended.push(content)
    if (data?.dialect !== 'openai-responses') {
      if (data) this.carried.push({ of: 'text', index: content.index, state: data })
    } else if (typeof data.data['phase'] === 'string') this.#phase = data.data['phase']
  }

  /** Cites a source at the end of what is written. Sources that have no address have no form here. */
  cite(source: SourcePart): string {
    const content = this.#contents.at(-1)
    const annotation = content && annotationOf(source, content)
    if (!annotation) return ''
    const index = content.annotations.push(annotation) - 1
    return this.#events.write('response.output_text.annotation.added', {
      item_id: this.#id,
      output_index: this.index,
      content_index: content.index,
      annotation_index: index,
      annotation,
    })
  }

  /** Says of the texts that have ended that they are done. */
  settle(): string {
    let written = ''
    for (const content of this.#ended) {
      const at = { item_id: this.#id, output_index: this.index, content_index: content.index }
      written +=
        this.#events.write('response.output_text.done', { ...at, text: content.text, logprobs: [] }) +
        this.#events.write('response.content_part.done', { ...at, part: outputText(content) })
    }
    this.#ended = []
    return written
  }

  /** The message in its final form. What was refused is known at the end only, and is then all that the message holds. */
  close(status: 'completed' | 'incomplete', refused: boolean): JsonObject {
    const content = this.#contents.map((part) =>
      refused ? { type: 'refusal', refusal: part.text } : outputText(part),
    )
    return this.#item(status, refused && content.length === 0 ? [{ type: 'refusal', refusal: '' }] : content)
  }

  #item(status: string, content: JsonObject[]): JsonObject {
    const phase = this.#phase === undefined ? {} : { phase: this.#phase }
    return { id: this.#id, type: 'message', status, role: 'assistant', content, ...phase }
  }
}

function outputText({ text, annotations }: Content): JsonObject {
  return { type: 'output_text', text, annotations: [...annotations], logprobs: [] }
}

/** https://platform.openai.com/docs/guides/tools-web-search#output-and-citations */
function annotationOf(source: SourcePart, { text }: Content): JsonObject | undefined {
  if (source.providerData?.dialect === 'openai-responses') return source.providerData.data
  if (source.url === undefined) return undefined
  const { url, title } = source
  return { type: 'url_citation', start_index: 0, end_index: text.length, url, title: title ?? url }
}
