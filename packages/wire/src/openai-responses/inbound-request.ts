import { createFidelity, type FidelityCollector } from '../shared/fidelity.ts'
import { compact } from '../shared/json.ts'
import {
  booleanAt,
  listAt,
  missing,
  numberAt,
  objectAt,
  positiveAt,
  requiredObjectAt,
  requiredStringAt,
  stringAt,
  wordAt,
} from '../shared/request-values.ts'
import { type DecodedRequest, RequestError } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ModelRequest, ResponseFormat, Thinking } from '../spec/request.ts'
import { decodeInput } from './inbound-input.ts'
import { allowedTools, decodeToolChoice, decodeTools } from './inbound-tools.ts'

/** https://platform.openai.com/docs/api-reference/responses/create. @throws RequestError */
export function decodeRequest(body: JsonObject): DecodedRequest {
  const notes = createFidelity()
  refuseStored(body)
  const choice = decodeToolChoice(body['tool_choice'])
  const instructions = stringAt(body['instructions'], 'instructions')
  const request: ModelRequest = {
    model: requiredStringAt(body['model'], 'model'),
    stream: booleanAt(body['stream'], 'stream') ?? false,
    system: instructions === undefined ? undefined : [{ type: 'text', text: instructions }],
    messages: decodeInput(body['input'], notes),
    tools: allowedTools(decodeTools(body['tools'], notes), choice.allowed, notes),
    toolChoice: choice.toolChoice,
    parallelToolCalls: booleanAt(body['parallel_tool_calls'], 'parallel_tool_calls'),
    maxOutputTokens: positiveAt(body['max_output_tokens'], 'max_output_tokens'),
    temperature: numberAt(body['temperature'], 'temperature'),
    topP: numberAt(body['top_p'], 'top_p'),
    responseFormat: decodeFormat(body, notes),
    thinking: decodeReasoning(body),
    endUserId: stringAt(body['safety_identifier'], 'safety_identifier') ?? stringAt(body['user'], 'user'),
  }
  if (booleanAt(body['store'], 'store') === true) notes.dropped('store', 'replies are not stored here')
  const own = ownMembers(body, choice.own)
  if (Object.keys(own).length > 0) request.providerOptions = { 'openai-responses': own }
  return { request, fidelity: notes.notes, wishes: { echo: echoOf(body) } }
}

/** What exists only where an earlier response, a conversation or a template was stored. */
function refuseStored(body: JsonObject): void {
  for (const [member, reason] of storedMembers) {
    const value = body[member]
    if (value !== undefined && value !== null && value !== false) throw new RequestError(reason, member)
  }
}

const storedMembers = [
  ['previous_response_id', 'Responses are not stored here; send the whole conversation as input instead.'],
  ['conversation', 'Conversations are not stored here; send the whole conversation as input instead.'],
  ['prompt', 'Prompt templates are not stored here; send instructions and input instead.'],
  ['background', 'Responses cannot be made in the background here; leave background out.'],
] as const

/** https://platform.openai.com/docs/guides/structured-outputs?api-mode=responses */
function decodeFormat(body: JsonObject, notes: FidelityCollector): ResponseFormat | undefined {
  const at = 'text.format'
  const format = objectAt(objectAt(body['text'], 'text')?.['format'], at)
  if (!format) return undefined
  const type = wordAt(format['type'], `${at}.type`, ['text', 'json_object', 'json_schema'])
  if (type === undefined) missing(`${at}.type`)
  if (type === 'text') return { type: 'text' }
  if (type === 'json_object') return { type: 'json' }
  if (stringAt(format['description'], `${at}.description`) !== undefined) {
    notes.dropped('responseFormat.description', 'a description of the format has no place elsewhere')
  }
  const strict = booleanAt(format['strict'], `${at}.strict`)
  return {
    type: 'json',
    name: requiredStringAt(format['name'], `${at}.name`),
    schema: requiredObjectAt(format['schema'], `${at}.schema`),
    ...(strict !== undefined && { strict }),
  }
}

/** Who asks for a summary wants the model to think. https://platform.openai.com/docs/guides/reasoning */
function decodeReasoning(body: JsonObject): Thinking | undefined {
  const reasoning = objectAt(body['reasoning'], 'reasoning')
  const effort = wordAt(reasoning?.['effort'], 'reasoning.effort', efforts)
  switch (effort) {
    case undefined:
      return typeof reasoning?.['summary'] === 'string' ? { enabled: true } : undefined
    case 'none':
      return { enabled: false }
    case 'xhigh':
      return { enabled: true, effort: 'max' }
    default:
      return { enabled: true, effort }
  }
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

/**
 * Members for OpenAI alone, with the spelling of those that the neutral form says less exactly. What the encoder of
 * this dialect always sets itself is left out.
 */
function ownMembers(body: JsonObject, toolChoice: JsonObject | undefined): JsonObject {
  const rest = Object.entries(body).filter(
    ([member, value]) => value !== null && value !== undefined && !neutralMembers.has(member),
  )
  const include = listAt(body['include'], 'include')
  const text = objectAt(body['text'], 'text')
  const reasoning = objectAt(body['reasoning'], 'reasoning')
  return compact({
    ...Object.fromEntries(rest),
    tool_choice: toolChoice,
    include: include?.some((word) => word !== 'reasoning.encrypted_content') ? include : undefined,
    text: text && Object.keys(text).some((member) => member !== 'format') ? text : undefined,
    reasoning: reasoning && saysMore(reasoning) ? reasoning : undefined,
    user: body['safety_identifier'] == null ? undefined : (body['user'] ?? undefined),
  })
}

/** The encoder says an effort, and asks for an `auto` summary. */
function saysMore({ effort: _effort, summary, ...more }: JsonObject): boolean {
  return Object.keys(more).length > 0 || (typeof summary === 'string' && summary !== 'auto')
}

const neutralMembers: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'text',
  'reasoning',
  'include',
  'store',
  'user',
  'safety_identifier',
  ...storedMembers.map(([member]) => member),
])

/**
 * A reply repeats the settings of its request. Instructions and tools are not repeated: they are long, three events
 * of a stream would hold them, and the client knows them.
 */
function echoOf(body: JsonObject): JsonObject {
  return Object.fromEntries(
    echoed.flatMap((member) =>
      body[member] === undefined || body[member] === null ? [] : [[member, body[member]]],
    ),
  )
}

const echoed = [
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'parallel_tool_calls',
  'prompt_cache_key',
  'reasoning',
  'safety_identifier',
  'temperature',
  'text',
  'tool_choice',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
] as const
