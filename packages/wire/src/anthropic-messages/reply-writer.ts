import { Sequencer } from '../shared/sequencer.ts'
import { wrapOpaque } from '../shared/opaque.ts'
import { objectOf } from '../shared/json.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { ReplyWishes } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'
import type { Finish, SourcePart, StreamError, StreamPart } from '../spec/stream.ts'
import { type Carried, plainSignature, wrapCarried } from './carrier.ts'
import { encodeCallId } from './messages.ts'

/** Where the blocks of a reply go: into events, or into a list. At most one block is open at a time. */
export interface BlockSink {
  start(id: string): void
  open(block: JsonObject): void
  text(delta: string): void
  thinking(delta: string): void
  inputJson(delta: string): void
  signature(signature: string): void
  citation(citation: JsonObject): void
  close(): void
  finish(finish: Finish): void
  fail(error: StreamError): void
}

/**
 * Makes content blocks of a reply's parts. State of other providers is wrapped, so that it comes back with the
 * conversation; thoughts that the client did not ask for are shown as none, and their state goes with the call that
 * they led to. Generated files have no block and are left out.
 */
export class ReplyWriter {
  #sink: BlockSink
  #showsThoughts: boolean
  #sequencer = new Sequencer((part) => this.#write(part))
  #open: 'text' | 'thinking' | 'tool' | undefined
  #sawInput = false
  /** Thoughts that are being written and not shown. */
  #hiddenText: string | undefined
  #carried: Carried[] = []

  constructor(sink: BlockSink, wishes: ReplyWishes) {
    this.#sink = sink
    this.#showsThoughts = wishes.includeThoughts ?? true
  }

  push(part: StreamPart): void {
    this.#sequencer.push(part)
  }

  #write(part: StreamPart): void {
    switch (part.type) {
      case 'text-delta':
        if (part.delta === '') return
        if (this.#open !== 'text') this.#begin('text', { type: 'text', text: '' })
        return this.#sink.text(part.delta)
      case 'reasoning-delta':
        return this.#think(part.delta)
      case 'tool-input-start':
        return this.#beginTool(part.id, part.name, part.providerData)
      case 'tool-input-delta':
        this.#sawInput ||= part.delta !== ''
        return this.#sink.inputJson(part.delta)
      case 'tool-call':
        if (!this.#sawInput && part.rawArgs !== '{}') this.#sink.inputJson(part.rawArgs)
        return this.#end()
      case 'reasoning-start':
        this.#hiddenText = this.#showsThoughts ? undefined : ''
        return
      case 'reasoning-end':
        return this.#endThinking(part.providerData)
      case 'text-end':
        return this.#end()
      case 'source':
        return this.#cite(part)
      case 'provider-item':
        return this.#writeItem(part.providerData)
      case 'response-start':
        return this.#sink.start(part.id)
      case 'finish':
        this.#end()
        return this.#sink.finish(part)
      case 'error':
        return this.#sink.fail(part)
      case 'text-start':
      case 'tool-input-end':
      case 'file':
        return
      default:
        unreachable(part)
    }
  }

  #begin(kind: 'text' | 'thinking' | 'tool', block: JsonObject): void {
    this.#end()
    this.#open = kind
    this.#sink.open(block)
  }

  #end(): void {
    if (this.#open === undefined) return
    this.#open = undefined
    this.#sink.close()
  }

  #think(delta: string): void {
    if (this.#hiddenText !== undefined) this.#hiddenText += delta
    else if (delta !== '') {
      if (this.#open !== 'thinking') this.#begin('thinking', emptyThinking)
      this.#sink.thinking(delta)
    }
  }

  #endThinking(data: ProviderData | undefined): void {
    if (this.#hiddenText !== undefined) {
      const part = { type: 'reasoning', text: this.#hiddenText, ...(data && { providerData: data }) } as const
      if (data) this.#carried.push({ kind: 'part', part })
      this.#hiddenText = undefined
      return
    }
    const isClaudes = data?.dialect === 'anthropic-messages'
    if (isClaudes && data.data['type'] === 'redacted_thinking') return this.#writeWhole(data.data)
    if (this.#open !== 'thinking') {
      if (!data) return
      this.#begin('thinking', emptyThinking)
    }
    const signature = isClaudes ? data.data['signature'] : undefined
    if (typeof signature === 'string') this.#sink.signature(signature)
    else this.#sink.signature(data ? wrapOpaque(data) : plainSignature)
    this.#end()
  }

  #beginTool(id: string, name: string, data: ProviderData | undefined): void {
    for (const carried of this.#carried) this.#writeCarried(carried)
    this.#carried = []
    const isForeign = data && data.dialect !== 'anthropic-messages'
    if (isForeign) this.#writeCarried({ kind: 'call', data })
    this.#begin('tool', { type: 'tool_use', id: encodeCallId(id), name, input: {} })
    this.#sawInput = false
  }

  #writeItem(data: ProviderData): void {
    if (data.dialect === 'anthropic-messages') return this.#writeWhole(data.data)
    const carried: Carried = { kind: 'part', part: { type: 'provider-item', providerData: data } }
    if (this.#showsThoughts) this.#writeCarried(carried)
    else this.#carried.push(carried)
  }

  /** A block that comes whole. The input of a call comes after it, as the API sends it. */
  #writeWhole(block: JsonObject): void {
    this.#end()
    const input = objectOf(block['input'])
    this.#sink.open(input ? { ...block, input: {} } : block)
    if (input) this.#sink.inputJson(JSON.stringify(input))
    this.#sink.close()
  }

  #writeCarried(carried: Carried): void {
    this.#end()
    this.#sink.open(emptyThinking)
    this.#sink.signature(wrapCarried(carried))
    this.#sink.close()
  }

  /** A citation belongs to a text; sources that come when it has ended get one of their own. */
  #cite(source: SourcePart): void {
    if (this.#open !== 'text') this.#begin('text', { type: 'text', text: '' })
    const data = source.providerData
    this.#sink.citation(data?.dialect === 'anthropic-messages' ? data.data : webCitation(source))
  }
}

const emptyThinking = { type: 'thinking', thinking: '', signature: '' }

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool#response */
function webCitation({ url, title }: SourcePart): JsonObject {
  return {
    type: 'web_search_result_location',
    cited_text: '',
    url: url ?? '',
    title: title ?? null,
    encrypted_index: plainSignature,
  }
}
