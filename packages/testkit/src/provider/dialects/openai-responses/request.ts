import { isRecord, numberOf, records, textOf, type Json } from '../../json.ts'
import type { Received, ReceivedTool, ReceivedTurn } from '../../received.ts'
import { invalid, Refusal } from '../../refusal.ts'
import { servedTier } from '../../service-tier.ts'
import { checkItems } from './items.ts'

/**
 * Reads and validates a Responses request, with the refusals that the real API gives. Nothing is stored, so
 * `previous_response_id` is never found. Source: https://platform.openai.com/docs/api-reference/responses/create.
 * Throws a `Refusal`.
 */
export function receiveResponses(body: Json): Received {
  const model = textOf(body['model'])
  if (model === '') throw invalid("Missing required parameter: 'model'.", 'model')
  checkOptions(body)
  const items = inputItems(body['input'])
  checkItems(items, body['store'] !== false)
  const include = Array.isArray(body['include']) ? body['include'] : []
  const turns = items.flatMap(readTurn)
  const said = turns.filter((turn) => turn.role === 'system').map((turn) => turn.text)
  return {
    model,
    stream: body['stream'] === true,
    system: [textOf(body['instructions']), ...said].filter((text) => text !== '').join('\n'),
    turns: turns.filter((turn) => turn.role !== 'system'),
    tools: readTools(body),
    maxTokens: numberOf(body['max_output_tokens']),
    wantsUsage: true,
    serviceTier: servedTier(body['service_tier']),
    wantsEncryptedReasoning: include.includes('reasoning.encrypted_content'),
  }
}

function inputItems(input: unknown): Json[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }]
  if (!Array.isArray(input)) throw invalid("Missing required parameter: 'input'.", 'input')
  return records(input)
}

function checkOptions(body: Json): void {
  const limit = numberOf(body['max_output_tokens'])
  if (limit !== undefined && limit < 16) {
    const text = `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${limit} instead.`
    throw new Refusal(400, 'invalid-request', text, {
      param: 'max_output_tokens',
      code: 'integer_below_min_value',
    })
  }
  if (body['max_tokens'] !== undefined || body['messages'] !== undefined) {
    const name = body['messages'] === undefined ? 'max_tokens' : 'messages'
    throw new Refusal(400, 'invalid-request', `Unknown parameter: '${name}'.`, {
      param: name,
      code: 'unknown_parameter',
    })
  }
  const previous = textOf(body['previous_response_id'])
  if (previous !== '') {
    throw new Refusal(400, 'invalid-request', `Previous response with id '${previous}' not found.`, {
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    })
  }
}

function readTools(body: Json): ReceivedTool[] {
  return records(body['tools']).flatMap((tool, index) => {
    if (tool['type'] !== 'function') return []
    const name = textOf(tool['name'])
    if (!/^[\w-]{1,64}$/.test(name)) {
      throw invalid(`Missing required parameter: 'tools[${index}].name'.`, `tools[${index}].name`)
    }
    return [{ name, schema: isRecord(tool['parameters']) ? tool['parameters'] : {} }]
  })
}

function readTurn(item: Json): ReceivedTurn[] {
  const silent = { text: '', images: 0, files: 0, toolCalls: 0, toolResults: 0 }
  switch (item['type'] ?? 'message') {
    case 'message':
      return [readMessage(item)]
    case 'function_call':
      return [{ ...silent, role: 'assistant', toolCalls: 1 }]
    case 'function_call_output':
      return [{ ...silent, role: 'tool', toolResults: 1 }]
    default:
      return []
  }
}

function readMessage(item: Json): ReceivedTurn {
  const { content, role } = item
  const parts = records(content)
  const named = role === 'assistant' || role === 'user' ? role : 'system'
  return {
    role: named,
    text: typeof content === 'string' ? content : parts.map((part) => textOf(part['text'])).join(''),
    images: parts.filter((part) => part['type'] === 'input_image').length,
    files: parts.filter((part) => part['type'] === 'input_file').length,
    toolCalls: 0,
    toolResults: 0,
  }
}
