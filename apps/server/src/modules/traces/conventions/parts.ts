import type { MessagePart } from '../facts.ts'
import { firstOf, fromJson, isRecord, own } from './values.ts'

type Fields = Record<string, unknown>

/**
 * A part of a message as OpenTelemetry, OpenAI (both APIs), Anthropic, Bedrock and the AI SDK write it.
 * Sources: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-input-messages.json,
 * https://platform.openai.com/docs/api-reference/chat/create, https://docs.anthropic.com/en/api/messages,
 * https://ai-sdk.dev/docs/reference/ai-sdk-core/model-message
 */
export function partOf(value: unknown): MessagePart {
  if (typeof value === 'string') return { type: 'text', content: value }
  if (!isRecord(value)) return { type: 'other', content: value }
  const type = own(value, 'type')
  const read = typeof type === 'string' ? READERS.get(type) : readUntyped
  return read?.(value) ?? { type: 'other', content: value }
}

/** A call of a tool in any of its shapes; null when it names no tool. */
export function toolCallOf(call: Fields): MessagePart | null {
  const inner = own(call, 'function')
  const named = isRecord(inner) ? inner : call
  const name = firstOf(named, ['name', 'toolName', 'tool_name'])
  if (typeof name !== 'string') return null
  return {
    type: 'tool_call',
    id: textOr(firstOf(call, ['id', 'call_id', 'toolCallId', 'tool_call_id', 'toolUseId']), null),
    name,
    arguments: jsonOr(firstOf(named, ['arguments', 'input', 'args'])),
  }
}

/** What text holds as JSON, else the text; null for nothing. */
export function jsonOr(value: unknown): unknown {
  return typeof value === 'string' ? (fromJson(value) ?? value) : (value ?? null)
}

type ReadPart = (part: Fields) => MessagePart | null

const READERS: ReadonlyMap<string, ReadPart> = new Map<string, ReadPart>([
  ...alike(readText, ['text', 'input_text', 'output_text', 'refusal']),
  ...alike(readReasoning, ['reasoning', 'thinking']),
  ...alike(toolCallOf, ['tool_call', 'tool-call', 'tool_use', 'function_call', 'function']),
  ...alike(readToolResponse, ['tool_call_response', 'tool-result', 'tool_result', 'function_call_output']),
  ...alike(readFile, [
    'uri',
    'file',
    'image',
    'image_url',
    'input_image',
    'document',
    'input_file',
    'audio',
    'video',
  ]),
  ...alike(readBlob, ['blob']),
])

function alike(read: ReadPart, types: readonly string[]): [string, ReadPart][] {
  return types.map((type) => [type, read])
}

function readText(part: Fields): MessagePart | null {
  const content = firstOf(part, ['content', 'text', 'refusal'])
  return typeof content === 'string' ? { type: 'text', content } : null
}

function readReasoning(part: Fields): MessagePart | null {
  const content = firstOf(part, ['content', 'text', 'thinking'])
  return typeof content === 'string' ? { type: 'reasoning', content } : null
}

function readToolResponse(part: Fields): MessagePart | null {
  const response = firstOf(part, ['response', 'result', 'output', 'content'])
  const id = textOr(firstOf(part, ['id', 'toolCallId', 'tool_use_id', 'tool_call_id', 'call_id']), null)
  return { type: 'tool_call_response', id, response: unwrapped(jsonOr(response)) }
}

/** The AI SDK wraps results: `{"type":"json","value":…}`. */
function unwrapped(output: unknown): unknown {
  if (!isRecord(output) || !Object.hasOwn(output, 'value')) return output
  const type = own(output, 'type')
  return type === 'json' || type === 'text' ? own(output, 'value') : output
}

function readFile(part: Fields): MessagePart | null {
  const held = firstOf(part, ['image_url', 'source'])
  const place = isRecord(held) ? held : part
  const uri = firstOf(place, ['uri', 'url', 'image_url', 'file_url', 'file_id', 'image', 'data'])
  if (typeof uri !== 'string') return null
  const mediaType = textOr(firstOf(place, ['mime_type', 'media_type', 'mediaType', 'mimeType']), null)
  return { type: 'file', mediaType, uri: own(place, 'data') === uri ? asDataUri(mediaType, uri) : uri }
}

function readBlob(part: Fields): MessagePart | null {
  const content = own(part, 'content')
  if (typeof content !== 'string') return null
  const mediaType = textOr(own(part, 'mime_type'), null)
  return { type: 'file', mediaType, uri: asDataUri(mediaType, content) }
}

function asDataUri(mediaType: string | null, data: string): string {
  return /^[a-z][a-z\d+.-]*:/i.test(data) ? data : `data:${mediaType ?? ''};base64,${data}`
}

/** Bedrock tells the type by the key. */
function readUntyped(part: Fields): MessagePart | null {
  const use = own(part, 'toolUse')
  if (isRecord(use)) return toolCallOf(use)
  const result = own(part, 'toolResult')
  if (isRecord(result)) {
    return {
      type: 'tool_call_response',
      id: textOr(own(result, 'toolUseId'), null),
      response: jsonOr(own(result, 'content')),
    }
  }
  return readText(part)
}

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' ? value : otherwise
}
