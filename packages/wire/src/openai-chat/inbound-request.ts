import { createFidelity, type FidelityCollector } from '../shared/fidelity.ts'
import {
  booleanAt,
  integerAt,
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
import type { DecodedRequest, ReplyWishes } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ModelRequest, ResponseFormat, Thinking } from '../spec/request.ts'
import { decodeConversation } from './inbound-messages.ts'
import { decodeTools } from './inbound-tools.ts'

/**
 * The body of `POST /chat/completions` as OpenAI's SDKs, the Vercel AI SDK and LangChain send it.
 * https://platform.openai.com/docs/api-reference/chat/create
 *
 * @throws RequestError
 */
export function decodeRequest(body: JsonObject): DecodedRequest {
  const notes = createFidelity()
  const model = requiredStringAt(body['model'], 'model')
  const stream = booleanAt(body['stream'], 'stream') ?? false
  const { legacy, ...tools } = decodeTools(body, notes)
  const request: ModelRequest = {
    model,
    stream,
    ...decodeConversation(body, notes),
    ...tools,
    ...decodeSampling(body),
    maxOutputTokens:
      positiveAt(body['max_completion_tokens'], 'max_completion_tokens') ??
      positiveAt(body['max_tokens'], 'max_tokens'),
    stopSequences: decodeStop(body),
    responseFormat: decodeFormat(body, notes),
    thinking: decodeThinking(body),
    endUserId: stringAt(body['user'], 'user'),
    providerOptions: ownOptions(body),
  }
  if ((positiveAt(body['n'], 'n') ?? 1) > 1) notes.dropped('n', 'one choice is given')
  const includeUsage = decodeIncludeUsage(body)
  const wishes: ReplyWishes = {
    ...(legacy && { form: 'function-call' }),
    ...(includeUsage && { includeUsage }),
  }
  return { request, fidelity: notes.notes, wishes }
}

function decodeSampling(body: JsonObject): Partial<ModelRequest> {
  return {
    temperature: numberAt(body['temperature'], 'temperature'),
    topP: numberAt(body['top_p'], 'top_p'),
    // No member of OpenAI's, but of most compatible servers. Some of them mean "all" by -1.
    topK: body['top_k'] === -1 ? undefined : integerAt(body['top_k'], 'top_k'),
    seed: integerAt(body['seed'], 'seed'),
    presencePenalty: numberAt(body['presence_penalty'], 'presence_penalty'),
    frequencyPenalty: numberAt(body['frequency_penalty'], 'frequency_penalty'),
  }
}

function decodeStop(body: JsonObject): string[] | undefined {
  const stop = body['stop']
  if (typeof stop === 'string') return [stop]
  const sequences = listAt(stop, 'stop')?.map((value, index) => requiredStringAt(value, `stop[${index}]`))
  return sequences?.length ? sequences : undefined
}

/** https://platform.openai.com/docs/guides/structured-outputs */
function decodeFormat(body: JsonObject, notes: FidelityCollector): ResponseFormat | undefined {
  const format = objectAt(body['response_format'], 'response_format')
  if (!format) return undefined
  const types = ['text', 'json_object', 'json_schema'] as const
  const type = wordAt(format['type'], 'response_format.type', types) ?? missing('response_format.type')
  if (type === 'text') return { type: 'text' }
  if (type === 'json_object') return { type: 'json' }
  const path = 'response_format.json_schema'
  const schema = requiredObjectAt(format['json_schema'], path)
  if (schema['description']) notes.dropped('responseFormat.description', 'a format has no description')
  return {
    type: 'json',
    name: stringAt(schema['name'], `${path}.name`),
    schema: objectAt(schema['schema'], `${path}.schema`),
    strict: booleanAt(schema['strict'], `${path}.strict`),
  }
}

/** https://platform.openai.com/docs/guides/reasoning */
function decodeThinking(body: JsonObject): Thinking | undefined {
  const effort = wordAt(body['reasoning_effort'], 'reasoning_effort', efforts)
  if (effort === undefined) return undefined
  if (effort === 'none') return { enabled: false }
  return { enabled: true, effort: effort === 'xhigh' ? 'max' : effort }
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

/** Usage is told at the end of a stream when this asks for it; other stream options do not concern the model. */
function decodeIncludeUsage(body: JsonObject): boolean {
  const options = objectAt(body['stream_options'], 'stream_options')
  return booleanAt(options?.['include_usage'], 'stream_options.include_usage') ?? false
}

/** What the neutral form has no word for, as it came: servers of this dialect add members of their own. */
function ownOptions(body: JsonObject): ModelRequest['providerOptions'] {
  const own = Object.entries(body).filter(([name, value]) => !neutral.has(name) && value !== null)
  return own.length > 0 ? { 'openai-chat': Object.fromEntries(own) } : undefined
}

/** The members that are read above. */
const neutral: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'response_format',
  'reasoning_effort',
  'user',
  'n',
])
