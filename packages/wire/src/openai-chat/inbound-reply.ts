import type { ReplyContext } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'
import type { Finish, GeneratedFile, SourcePart, StreamPart, ToolCall } from '../spec/stream.ts'
import { encodeCallState, encodeReasoningState } from './inbound-reasoning.ts'
import { encodeFinishReason, encodeUsage } from './inbound-usage.ts'

/** https://platform.openai.com/docs/api-reference/chat/object */
export function encodeReply(parts: readonly StreamPart[], context: ReplyContext): JsonObject {
  const reply = gather(parts)
  const usage = reply.finish && encodeUsage(reply.finish.usage)
  const isLegacy = context.wishes.form === 'function-call'
  const choice = {
    index: 0,
    message: encodeMessage(reply, isLegacy),
    logprobs: null,
    finish_reason: finishReasonOf(reply, isLegacy),
  }
  return {
    id: reply.id || context.id,
    object: 'chat.completion',
    created: context.createdAt,
    model: context.model,
    choices: [choice],
    ...(usage && { usage }),
  }
}

interface Reply {
  id: string
  text: string
  reasoning: string
  reasoningDetails: JsonObject[]
  calls: ToolCall[]
  annotations: JsonObject[]
  images: JsonObject[]
  finish: Finish | undefined
}

function gather(parts: readonly StreamPart[]): Reply {
  const reply: Reply = {
    id: '',
    text: '',
    reasoning: '',
    reasoningDetails: [],
    calls: [],
    annotations: [],
    images: [],
    finish: undefined,
  }
  let start = 0
  let blocks = 0
  for (const part of parts) {
    if (part.type === 'text-delta') reply.text += part.delta
    else if (part.type === 'reasoning-start') start = reply.reasoning.length
    else if (part.type === 'reasoning-delta') reply.reasoning += part.delta
    else if (part.type === 'reasoning-end') {
      const span = { start, length: reply.reasoning.length - start }
      reply.reasoningDetails.push(...encodeReasoningState(part.providerData, span, blocks++))
    } else gatherRare(part, reply)
  }
  return reply
}

function gatherRare(part: StreamPart, reply: Reply): void {
  if (part.type === 'response-start') reply.id = part.id
  else if (part.type === 'tool-call') reply.calls.push(part)
  else if (part.type === 'finish') reply.finish = part
  else if (part.type === 'source') reply.annotations.push(...listOf(annotationOf(part)))
  else if (part.type === 'file') reply.images.push(...listOf(imageOf(part)))
}

function listOf(value: JsonObject | undefined): JsonObject[] {
  return value ? [value] : []
}

/** A refusal has a member of its own, in which OpenAI puts what the model says instead of an answer. */
function encodeMessage(reply: Reply, isLegacy: boolean): JsonObject {
  const { text, reasoning, reasoningDetails, calls, annotations, images } = reply
  const isRefusal = isSpokenRefusal(reply)
  const [first] = calls
  return {
    role: 'assistant',
    content: isRefusal || (text === '' && calls.length > 0) ? null : text,
    refusal: isRefusal ? text : null,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(reasoningDetails.length > 0 && { reasoning_details: reasoningDetails }),
    ...(isLegacy && first && { function_call: { name: first.name, arguments: first.rawArgs } }),
    ...(!isLegacy && first && { tool_calls: calls.map(encodeCall) }),
    ...(annotations.length > 0 && { annotations }),
    ...(images.length > 0 && { images }),
  }
}

function encodeCall({ id, name, rawArgs, providerData }: ToolCall): JsonObject {
  const state = encodeCallState(providerData)
  return {
    id,
    type: 'function',
    function: { name, arguments: rawArgs },
    ...(state && { extra_content: state }),
  }
}

function finishReasonOf(reply: Reply, isLegacy: boolean): string {
  if (!reply.finish) return 'stop'
  if (isSpokenRefusal(reply)) return 'stop'
  const word = encodeFinishReason(reply.finish.reason)
  return isLegacy && word === 'tool_calls' ? 'function_call' : word
}

function isSpokenRefusal({ finish, text }: Reply): boolean {
  return finish?.reason.unified === 'refusal' && text !== ''
}

/** Where in the text it is cited is not known, but SDKs expect a range. */
export function annotationOf({ url, title }: SourcePart): JsonObject | undefined {
  if (url === undefined) return undefined
  return {
    type: 'url_citation',
    url_citation: { url, title: title ?? url, start_index: 0, end_index: 0 },
  }
}

/** https://openrouter.ai/docs/guides/overview/multimodal/image-generation; other files have no spelling. */
export function imageOf({ mimeType, data }: GeneratedFile): JsonObject | undefined {
  if (!mimeType.startsWith('image/')) return undefined
  return { type: 'image_url', image_url: { url: `data:${mimeType};base64,${data}` } }
}
