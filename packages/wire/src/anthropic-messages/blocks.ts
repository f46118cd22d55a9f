import { arrayOf, objectOf, parseJson, stringOf } from '../shared/json.ts'
import { type CallIds, toolCallPart } from '../shared/part-writer.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'
import type { StreamPart } from '../spec/stream.ts'

/** A content block that has begun. */
export type Block =
  | { kind: 'text'; id: string; citations: JsonValue[] }
  | { kind: 'thinking'; id: string; signature: string | undefined }
  | { kind: 'redacted'; id: string; content: JsonObject }
  | { kind: 'tool'; id: string; name: string; json: string; input: JsonObject }
  | { kind: 'opaque'; id: string; content: JsonObject; json: string }

/** Begins a block and gives what its first event already holds, as a whole reply's blocks hold everything. */
export function openBlock(content: JsonObject, id: string, callIds: CallIds, out: StreamPart[]): Block {
  switch (content['type']) {
    case 'text':
      return openText(content, id, out)
    case 'thinking':
      return openThinking(content, id, out)
    case 'redacted_thinking':
      out.push({ type: 'reasoning-start', id })
      return { kind: 'redacted', id, content }
    case 'tool_use':
      return openTool(content, callIds.take(stringOf(content['id'])), out)
    default:
      return { kind: 'opaque', id, content, json: '' }
  }
}

function openText(content: JsonObject, id: string, out: StreamPart[]): Block {
  const block: Block = { kind: 'text', id, citations: [] }
  out.push({ type: 'text-start', id })
  pushText(block.id, content['text'], out)
  for (const citation of arrayOf(content['citations'])) cite(block, citation, out)
  return block
}

function openThinking(content: JsonObject, id: string, out: StreamPart[]): Block {
  out.push({ type: 'reasoning-start', id })
  const thinking = stringOf(content['thinking'])
  if (thinking) out.push({ type: 'reasoning-delta', id, delta: thinking })
  return { kind: 'thinking', id, signature: stringOf(content['signature']) || undefined }
}

function openTool(content: JsonObject, id: string, out: StreamPart[]): Block {
  const name = stringOf(content['name']) ?? ''
  out.push({ type: 'tool-input-start', id, name })
  return { kind: 'tool', id, name, json: '', input: objectOf(content['input']) ?? {} }
}

export function pushDelta(block: Block, delta: JsonObject, out: StreamPart[]): void {
  switch (delta['type']) {
    case 'text_delta':
      if (block.kind === 'text') pushText(block.id, delta['text'], out)
      return
    case 'thinking_delta':
      if (block.kind === 'thinking') pushThinking(block.id, delta['thinking'], out)
      return
    case 'signature_delta':
      if (block.kind === 'thinking')
        block.signature = (block.signature ?? '') + (stringOf(delta['signature']) ?? '')
      return
    case 'citations_delta':
      if (block.kind === 'text') cite(block, delta['citation'], out)
      return
    case 'input_json_delta':
      pushJson(block, stringOf(delta['partial_json']) ?? '', out)
      return
    default:
  }
}

function pushText(id: string, text: JsonValue | undefined, out: StreamPart[]): void {
  if (typeof text === 'string' && text !== '') out.push({ type: 'text-delta', id, delta: text })
}

function pushThinking(id: string, text: JsonValue | undefined, out: StreamPart[]): void {
  if (typeof text === 'string' && text !== '') out.push({ type: 'reasoning-delta', id, delta: text })
}

function pushJson(block: Block, piece: string, out: StreamPart[]): void {
  if (piece === '' || (block.kind !== 'tool' && block.kind !== 'opaque')) return
  block.json += piece
  if (block.kind === 'tool') out.push({ type: 'tool-input-delta', id: block.id, delta: piece })
}

/** https://platform.claude.com/docs/en/build-with-claude/citations */
function cite(
  block: Extract<Block, { kind: 'text' }>,
  value: JsonValue | undefined,
  out: StreamPart[],
): void {
  const citation = objectOf(value)
  if (!citation) return
  const source: StreamPart = {
    type: 'source',
    id: `${block.id}-source-${block.citations.length}`,
    providerData: own(citation),
  }
  const title = stringOf(citation['title']) ?? stringOf(citation['document_title'])
  const url = stringOf(citation['url'])
  if (title !== undefined) source.title = title
  if (url !== undefined) source.url = url
  block.citations.push(citation)
  out.push(source)
}

export function closeBlock(block: Block, out: StreamPart[]): void {
  const { id } = block
  switch (block.kind) {
    case 'text':
      out.push(
        block.citations.length > 0
          ? { type: 'text-end', id, providerData: own({ citations: block.citations }) }
          : { type: 'text-end', id },
      )
      return
    case 'thinking':
      out.push(
        block.signature === undefined
          ? { type: 'reasoning-end', id }
          : {
              type: 'reasoning-end',
              id,
              providerData: own({ type: 'thinking', signature: block.signature }),
            },
      )
      return
    case 'redacted':
      out.push({ type: 'reasoning-end', id, providerData: own(block.content) })
      return
    case 'tool':
      closeTool(block, out)
      return
    case 'opaque':
      out.push({ type: 'provider-item', providerData: own(opaqueContent(block)) })
  }
}

/** Input comes in pieces, or whole in the block's first event. */
function closeTool(block: Extract<Block, { kind: 'tool' }>, out: StreamPart[]): void {
  if (block.json === '' && Object.keys(block.input).length > 0)
    pushJson(block, JSON.stringify(block.input), out)
  out.push({ type: 'tool-input-end', id: block.id }, toolCallPart(block.id, block.name, block.json))
}

function opaqueContent({ content, json }: Extract<Block, { kind: 'opaque' }>): JsonObject {
  return json === '' ? content : { ...content, input: parseJson(json) ?? json }
}

function own(data: JsonObject): ProviderData {
  return { dialect: 'anthropic-messages', data }
}
