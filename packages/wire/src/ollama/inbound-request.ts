import { createFidelity, type FidelityCollector } from '../shared/fidelity.ts'
import {
  booleanAt,
  integerAt,
  listAt,
  missing,
  numberAt,
  objectAt,
  requiredObjectAt,
  requiredStringAt,
  stringAt,
} from '../shared/request-values.ts'
import { type DecodedRequest, RequestError } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { ModelRequest, ResponseFormat, TextPart, Thinking, Tool } from '../spec/request.ts'
import { type DecodedConversation, decodeConversation, decodeImages, withImages } from './inbound-messages.ts'

/**
 * The body of `POST /api/chat` (https://docs.ollama.com/api/chat) or, where it has a `prompt` instead of messages, of
 * `POST /api/generate` (https://docs.ollama.com/api/generate). Replies are streamed unless the client says no.
 *
 * @throws RequestError
 */
export function decodeRequest(body: JsonObject): DecodedRequest {
  const notes = createFidelity()
  const isGenerate = body['prompt'] !== undefined && body['messages'] === undefined
  const request: ModelRequest = {
    model: requiredStringAt(body['model'], 'model'),
    stream: booleanAt(body['stream'], 'stream') ?? true,
    ...(isGenerate ? decodePrompt(body, notes) : decodeConversation(body)),
    tools: decodeTools(body['tools']),
    responseFormat: decodeFormat(body['format']),
    thinking: decodeThinking(body['think']),
    ...decodeOptions(body, isGenerate),
  }
  return { request, fidelity: notes.notes, wishes: isGenerate ? { form: 'generate' } : {} }
}

/** One turn. What bypasses the model's template has no meaning for models that are given messages. */
function decodePrompt(body: JsonObject, notes: FidelityCollector): DecodedConversation {
  const prompt = requiredStringAt(body['prompt'], 'prompt')
  const images = decodeImages(body['images'], 'images')
  const system = stringAt(body['system'], 'system')
  const instructions: TextPart[] | undefined = system ? [{ type: 'text', text: system }] : undefined
  if (stringAt(body['suffix'], 'suffix')) notes.dropped('suffix', 'text cannot be filled in before another')
  if (stringAt(body['template'], 'template')) notes.dropped('template', 'a model has its own template')
  if (booleanAt(body['raw'], 'raw')) notes.dropped('raw', 'the prompt is sent as a message')
  if (listAt(body['context'], 'context')?.length) notes.dropped('context', 'earlier turns must be messages')
  return { system: instructions, messages: [{ role: 'user', content: withImages(prompt, images) }] }
}

function decodeTools(value: JsonValue | undefined): Tool[] | undefined {
  const tools = listAt(value, 'tools')?.map((item, index): Tool => {
    const path = `tools[${index}]`
    const tool = requiredObjectAt(item, path)
    if ((stringAt(tool['type'], `${path}.type`) ?? 'function') !== 'function') {
      return { type: 'provider', dialect: 'ollama', definition: tool }
    }
    const details = requiredObjectAt(tool['function'], `${path}.function`)
    return {
      type: 'function',
      name: requiredStringAt(details['name'], `${path}.function.name`),
      description: stringAt(details['description'], `${path}.function.description`),
      inputSchema: objectAt(details['parameters'], `${path}.function.parameters`) ?? {
        type: 'object',
        properties: {},
      },
    }
  })
  return tools?.length ? tools : undefined
}

/** https://docs.ollama.com/capabilities/structured-outputs */
function decodeFormat(format: JsonValue | undefined): ResponseFormat | undefined {
  if (format === 'json') return { type: 'json' }
  if (format === '') return undefined
  if (typeof format === 'string') {
    throw new RequestError('Invalid format: expected "json" or a JSON schema.', 'format')
  }
  const schema = objectAt(format, 'format')
  return schema && { type: 'json', schema }
}

/** https://docs.ollama.com/capabilities/thinking */
function decodeThinking(think: JsonValue | undefined): Thinking | undefined {
  if (think === undefined || think === null || think === '') return undefined
  if (typeof think === 'boolean') return { enabled: think }
  if (think === 'low' || think === 'medium' || think === 'high' || think === 'max') {
    return { enabled: true, effort: think }
  }
  throw new RequestError(
    'Invalid think value: must be "high", "medium", "low", "max", true, or false.',
    'think',
  )
}

/**
 * Settings stand in `options`; those that the neutral form has no word for are kept for servers of this dialect.
 * Negative `num_predict` means "no limit" or "fill the context". https://docs.ollama.com/modelfile#parameter
 */
function decodeOptions(body: JsonObject, isGenerate: boolean): Partial<ModelRequest> {
  const options = objectAt(body['options'], 'options') ?? {}
  const limit = integerAt(options['num_predict'], 'options.num_predict')
  const hasLimit = limit !== undefined && limit > 0
  const stops = listAt(options['stop'], 'options.stop') ?? []
  const members = isGenerate ? generateMembers : chatMembers
  const ownOptions = without(options, hasLimit ? [...sampling, 'num_predict'] : sampling)
  const own: JsonObject = {
    ...without(body, members),
    ...(Object.keys(ownOptions).length > 0 && { options: ownOptions }),
  }
  return {
    temperature: numberAt(options['temperature'], 'options.temperature'),
    topP: numberAt(options['top_p'], 'options.top_p'),
    topK: integerAt(options['top_k'], 'options.top_k'),
    seed: integerAt(options['seed'], 'options.seed'),
    presencePenalty: numberAt(options['presence_penalty'], 'options.presence_penalty'),
    frequencyPenalty: numberAt(options['frequency_penalty'], 'options.frequency_penalty'),
    stopSequences: stops.length > 0 ? stops.map(readStop) : undefined,
    maxOutputTokens: hasLimit ? limit : undefined,
    providerOptions: Object.keys(own).length > 0 ? { ollama: own } : undefined,
  }
}

function readStop(value: JsonValue, index: number): string {
  return stringAt(value, `options.stop[${index}]`) ?? missing(`options.stop[${index}]`)
}

function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([name, value]) => !names.includes(name) && value !== null),
  )
}

/** The options that the neutral form has words for. */
const sampling = ['temperature', 'top_p', 'top_k', 'seed', 'presence_penalty', 'frequency_penalty', 'stop']

/** The members of a body that are read above. */
const chatMembers = ['model', 'messages', 'stream', 'tools', 'format', 'think', 'options']
const generateMembers = [...chatMembers, 'prompt', 'system', 'images', 'suffix', 'template', 'raw', 'context']
