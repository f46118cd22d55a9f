import { unwrapState, wrapState } from '../shared/carried-state.ts'
import type { FidelityCollector } from '../shared/fidelity.ts'
import { indexOf, objectOf, objectsOf, stringOf } from '../shared/json.ts'
import { unwrapOpaque, wrapOpaque } from '../shared/opaque.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ProviderData, ReasoningPart } from '../spec/request.ts'

/**
 * Where clients of Chat Completions carry a provider's state from a reply to the next request. The format itself has
 * no place for it; these are the places of its extensions, which official SDKs hand on untouched:
 * `reasoning_details` (https://openrouter.ai/docs/guides/best-practices/reasoning-tokens) and a tool call's
 * `extra_content.google.thought_signature` (https://ai.google.dev/gemini-api/docs/thought-signatures).
 */

/** Where a block of reasoning stood in the joined reasoning text, so that it can be cut out again exactly. */
export interface ReasoningSpan {
  /** In UTF-16 units, as `String.length` counts. */
  start: number
  length: number
}

/** The entries of `reasoning_details` for a block that ended with this state. */
export function encodeReasoningState(
  data: ProviderData | undefined,
  span: ReasoningSpan,
  index: number,
): JsonObject[] {
  if (!data) return []
  if (data.dialect === 'openai-chat') return objectsOf(data.data['reasoning_details'])
  const wrapped = wrapState({ state: data, facts: { start: span.start, length: span.length } })
  return [{ type: 'reasoning.encrypted', data: wrapped, id: `reasoning-${index}`, format: 'unknown', index }]
}

/** The reasoning of an assistant message that a client sends back. */
export function decodeReasoning(message: JsonObject, notes: FidelityCollector): ReasoningPart[] {
  const details = objectsOf(message['reasoning_details'])
  const field = stringOf(message['reasoning_content']) ? 'reasoning_content' : 'reasoning'
  const text = stringOf(message[field]) ?? ''
  const blocks = details.flatMap(decodeBlock)
  if (blocks.length > 0) return cutBlocks(text, blocks, notes)
  if (details.length > 0) {
    return [
      { type: 'reasoning', text: text || textOf(details), providerData: own({ reasoning_details: details }) },
    ]
  }
  return text === '' ? [] : [{ type: 'reasoning', text, providerData: own({ field }) }]
}

interface Block extends ReasoningSpan {
  providerData: ProviderData
}

function decodeBlock(detail: JsonObject): Block[] {
  const carried = unwrapState(stringOf(detail['data']) ?? '')
  const start = indexOf(carried?.facts['start'])
  const length = indexOf(carried?.facts['length'])
  if (!carried || start === undefined || length === undefined) return []
  return [{ start, length, providerData: carried.state }]
}

/** A signature holds for its own text only, so a text that does not fit its blocks any more is left out with them. */
function cutBlocks(text: string, blocks: Block[], notes: FidelityCollector): ReasoningPart[] {
  const parts: ReasoningPart[] = []
  let end = 0
  for (const { start, length, providerData } of blocks) {
    if (start < end || start + length > text.length) {
      notes.dropped('messages.reasoning', 'the text is not the one that its signatures were given for')
      return []
    }
    if (start > end) parts.push(unsigned(text.slice(end, start)))
    end = start + length
    parts.push({ type: 'reasoning', text: text.slice(start, end), providerData })
  }
  if (end < text.length) parts.push(unsigned(text.slice(end)))
  return parts
}

function unsigned(text: string): ReasoningPart {
  return { type: 'reasoning', text, providerData: own({ field: 'reasoning_content' }) }
}

function textOf(details: JsonObject[]): string {
  return details.map((detail) => stringOf(detail['text']) ?? stringOf(detail['summary']) ?? '').join('')
}

/** What a tool call carries beside its name and arguments. */
export function encodeCallState(data: ProviderData | undefined): JsonObject | undefined {
  return data && { google: { thought_signature: wrapOpaque(data) } }
}

/** A signature that is not wrapped is Google's own: the conversation began at its compatible endpoint. */
export function decodeCallState(call: JsonObject): ProviderData | undefined {
  const signature = stringOf(objectOf(objectOf(call['extra_content'])?.['google'])?.['thought_signature'])
  if (!signature) return undefined
  return unwrapOpaque(signature) ?? { dialect: 'gemini', data: { thoughtSignature: signature } }
}

function own(data: JsonObject): ProviderData {
  return { dialect: 'openai-chat', data }
}
