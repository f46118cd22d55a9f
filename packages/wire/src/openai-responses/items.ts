import { arrayOf, objectOf, objectsOf, stringOf } from '../shared/json.ts'
import { type CallIds, toolCallPart } from '../shared/part-writer.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'
import type { StreamPart } from '../spec/stream.ts'

/** An output item that has begun. */
export type Item =
  | { kind: 'message'; id: string; blocks: Map<number, TextBlock>; refused: boolean; sourceCount: number }
  | { kind: 'reasoning'; id: string; sawText: boolean; section: string }
  | { kind: 'call'; id: string; name: string; rawArgs: string }
  | { kind: 'other'; id: string }

interface TextBlock {
  id: string
  sawText: boolean
}

/** https://platform.openai.com/docs/api-reference/responses/object#responses/object-output */
export function openItem(item: JsonObject, index: number, callIds: CallIds, out: StreamPart[]): Item {
  const id = `item-${index}`
  switch (item['type']) {
    case 'message':
      return { kind: 'message', id, blocks: new Map(), refused: false, sourceCount: 0 }
    case 'reasoning':
      out.push({ type: 'reasoning-start', id })
      return { kind: 'reasoning', id, sawText: false, section: '' }
    case 'function_call': {
      const name = stringOf(item['name']) ?? ''
      const callId = callIds.take(stringOf(item['call_id']) || stringOf(item['id']))
      out.push({ type: 'tool-input-start', id: callId, name })
      return { kind: 'call', id: callId, name, rawArgs: '' }
    }
    default:
      return { kind: 'other', id }
  }
}

export function pushText(item: Item, contentIndex: number, delta: string, out: StreamPart[]): void {
  if (item.kind !== 'message' || delta === '') return
  const block = openBlock(item, contentIndex, out)
  block.sawText = true
  out.push({ type: 'text-delta', id: block.id, delta })
}

function openBlock(
  item: Extract<Item, { kind: 'message' }>,
  contentIndex: number,
  out: StreamPart[],
): TextBlock {
  const known = item.blocks.get(contentIndex)
  if (known) return known
  const block = { id: `${item.id}-${contentIndex}`, sawText: false }
  item.blocks.set(contentIndex, block)
  out.push({ type: 'text-start', id: block.id })
  return block
}

/** Summaries come in sections, which are set apart as paragraphs. */
export function pushReasoning(item: Item, section: string, delta: string, out: StreamPart[]): void {
  if (item.kind !== 'reasoning' || delta === '') return
  const isNext = item.sawText && item.section !== section
  item.sawText = true
  item.section = section
  out.push({ type: 'reasoning-delta', id: item.id, delta: isNext ? `\n\n${delta}` : delta })
}

export function pushArguments(item: Item, delta: string, out: StreamPart[]): void {
  if (item.kind !== 'call' || delta === '') return
  item.rawArgs += delta
  out.push({ type: 'tool-input-delta', id: item.id, delta })
}

/** The whole arguments; they are news only when no piece of them came before. */
export function settleArguments(item: Item, rawArgs: string | undefined, out: StreamPart[]): void {
  if (item.kind === 'call' && item.rawArgs === '' && rawArgs !== undefined) pushArguments(item, rawArgs, out)
}

/** https://platform.openai.com/docs/guides/tools-web-search#output-and-citations */
export function pushAnnotation(item: Item, annotation: JsonObject, out: StreamPart[]): void {
  if (item.kind !== 'message') return
  const url = stringOf(annotation['url'])
  const title = stringOf(annotation['title']) ?? stringOf(annotation['filename'])
  const source: StreamPart = {
    type: 'source',
    id: `${item.id}-source-${item.sourceCount++}`,
    providerData: own(annotation),
  }
  if (url !== undefined) source.url = url
  if (title !== undefined) source.title = title
  out.push(source)
}

/** Ends an item that never got a final form, with what was streamed of it. */
export function abandonItem(item: Item, out: StreamPart[]): void {
  if (item.kind === 'reasoning') out.push({ type: 'reasoning-end', id: item.id })
  else if (item.kind !== 'other') closeItem(item, {}, out)
}

/** Ends an item with its final form, which also has whatever was not streamed. */
export function closeItem(item: Item, final: JsonObject, out: StreamPart[]): void {
  switch (item.kind) {
    case 'message':
      closeMessage(item, final, out)
      return
    case 'reasoning':
      if (!item.sawText) pushUnseenReasoning(item, final, out)
      out.push({ type: 'reasoning-end', id: item.id, providerData: own(reasoningData(final)) })
      return
    case 'call':
      settleArguments(item, stringOf(final['arguments']), out)
      out.push({ type: 'tool-input-end', id: item.id }, toolCallPart(item.id, item.name, item.rawArgs))
      return
    case 'other':
      closeOther(item.id, final, out)
  }
}

function closeMessage(item: Extract<Item, { kind: 'message' }>, final: JsonObject, out: StreamPart[]): void {
  for (const [index, part] of arrayOf(final['content']).entries())
    closeContent(item, index, objectOf(part) ?? {}, out)
  const phase = stringOf(final['phase'])
  for (const { id } of item.blocks.values()) {
    out.push(
      phase === undefined ? { type: 'text-end', id } : { type: 'text-end', id, providerData: own({ phase }) },
    )
  }
}

function closeContent(
  item: Extract<Item, { kind: 'message' }>,
  index: number,
  part: JsonObject,
  out: StreamPart[],
): void {
  if (part['type'] === 'refusal') item.refused = true
  if (!item.blocks.get(index)?.sawText) {
    pushText(item, index, stringOf(part['text']) ?? stringOf(part['refusal']) ?? '', out)
  }
  for (const annotation of objectsOf(part['annotations']).slice(item.sourceCount))
    pushAnnotation(item, annotation, out)
}

function pushUnseenReasoning(item: Item, final: JsonObject, out: StreamPart[]): void {
  for (const member of ['summary', 'content'] as const) {
    for (const [index, part] of objectsOf(final[member]).entries()) {
      pushReasoning(item, `${member} ${index}`, stringOf(part['text']) ?? '', out)
    }
  }
}

/** Kept whole, so that it is replayed to the byte; without its status, which requests do not have. */
function reasoningData({ status: _status, ...item }: JsonObject): JsonObject {
  return item
}

function closeOther(id: string, final: JsonObject, out: StreamPart[]): void {
  const image = final['type'] === 'image_generation_call' ? stringOf(final['result']) : undefined
  if (image === undefined) out.push({ type: 'provider-item', providerData: own(final) })
  else
    out.push({
      type: 'file',
      id,
      mimeType: `image/${stringOf(final['output_format']) ?? 'png'}`,
      data: image,
    })
}

function own(data: JsonObject): ProviderData {
  return { dialect: 'openai-responses', data }
}
