import { isRecord, numberOf, records, textOf, type Json } from '../../json.ts'
import type { Received, ReceivedTool, ReceivedTurn } from '../../received.ts'
import { invalid } from '../../refusal.ts'
import { servedTier } from '../../service-tier.ts'

const roles = ['system', 'developer', 'user', 'assistant', 'tool'] as const

/**
 * Reads and validates a Chat Completions request, with the refusals that the real API gives.
 * Source: https://platform.openai.com/docs/api-reference/chat/create. Throws a `Refusal`.
 */
export function receiveChat(body: Json): Received {
  const model = textOf(body['model'])
  if (model === '') throw invalid('you must provide a model parameter')
  if (!Array.isArray(body['messages'])) throw invalid("Missing required parameter: 'messages'.", 'messages')
  const messages = records(body['messages'])
  if (messages.length === 0) {
    throw invalid("Invalid 'messages': empty array. Expected an array with minimum length 1.", 'messages')
  }
  checkOptions(body)
  const tools = readTools(body)
  messages.forEach(checkMessage)
  checkToolMessages(messages)
  const turns = messages.map(readTurn)
  return {
    model,
    stream: body['stream'] === true,
    system: turns.flatMap((turn) => (turn.role === 'system' ? [turn.text] : [])).join('\n'),
    turns: turns.filter((turn) => turn.role !== 'system'),
    tools,
    maxTokens: numberOf(body['max_completion_tokens']) ?? numberOf(body['max_tokens']),
    serviceTier: servedTier(body['service_tier']),
    wantsUsage: isRecord(body['stream_options']) && body['stream_options']['include_usage'] === true,
    wantsEncryptedReasoning: false,
  }
}

function checkOptions(body: Json): void {
  const { stream, stream_options: streamOptions, max_tokens: maxTokens, temperature } = body
  if (streamOptions !== undefined && streamOptions !== null && stream !== true) {
    throw invalid(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      'stream_options',
    )
  }
  if (maxTokens !== undefined && body['max_completion_tokens'] !== undefined) {
    throw invalid(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'max_tokens',
    )
  }
  const limit = body['max_completion_tokens'] ?? maxTokens ?? 1
  if (!Number.isInteger(limit) || Number(limit) < 1) {
    throw invalid(
      `Invalid value for max tokens: ${JSON.stringify(limit)}. Expected an integer >= 1.`,
      'max_tokens',
    )
  }
  const heat = numberOf(temperature) ?? 1
  if (heat < 0 || heat > 2) {
    throw invalid(
      `Invalid 'temperature': expected a value between 0 and 2, but got ${heat} instead.`,
      'temperature',
    )
  }
}

function readTools(body: Json): ReceivedTool[] {
  const tools = records(body['tools']).map((tool, index) => {
    const spec = isRecord(tool['function']) ? tool['function'] : {}
    const name = textOf(spec['name'])
    if (!/^[\w-]{1,64}$/.test(name)) {
      const param = `tools[${index}].function.name`
      throw invalid(`Invalid '${param}': string does not match pattern '^[a-zA-Z0-9_-]+$'.`, param)
    }
    return { name, schema: isRecord(spec['parameters']) ? spec['parameters'] : {} }
  })
  if (body['tool_choice'] !== undefined && tools.length === 0) {
    throw invalid(
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
      'tool_choice',
    )
  }
  return tools
}

function checkMessage(message: Json, index: number): void {
  const { role, content } = message
  const param = `messages[${index}]`
  if (!roles.some((known) => known === role)) {
    throw invalid(
      `Invalid value: '${String(role)}'. Supported values are: ${roles.join(', ')}.`,
      `${param}.role`,
    )
  }
  const silent = role === 'assistant' && Array.isArray(message['tool_calls'])
  if (typeof content !== 'string' && !Array.isArray(content) && !silent) {
    throw invalid("Invalid value for 'content': expected a string, got null.", `${param}.content`)
  }
  records(content).forEach((part, at) => checkPart(part, `${param}.content[${at}]`))
  for (const call of records(message['tool_calls'])) checkCall(call, `${param}.tool_calls`)
}

function checkPart(part: Json, param: string): void {
  const known = ['text', 'image_url', 'input_audio', 'file', 'refusal']
  if (!known.includes(textOf(part['type']))) throw invalid(`Invalid value: '${textOf(part['type'])}'.`, param)
  if (part['type'] !== 'image_url') return
  const image = isRecord(part['image_url']) ? textOf(part['image_url']['url']) : ''
  if (!/^(data:image\/|https?:)/.test(image)) throw invalid('Invalid image URL.', `${param}.image_url.url`)
}

function checkCall(call: Json, param: string): void {
  const spec = isRecord(call['function']) ? call['function'] : {}
  if (textOf(call['id']) === '') throw invalid(`Missing required parameter: '${param}.id'.`, param)
  if (call['type'] !== 'function') throw invalid(`Missing required parameter: '${param}.type'.`, param)
  if (typeof spec['arguments'] !== 'string') {
    throw invalid(`Invalid type for '${param}.function.arguments': expected a string.`, param)
  }
}

function checkToolMessages(messages: readonly Json[]): void {
  let open = new Set<string>()
  messages.forEach((message, index) => {
    const answered = textOf(message['tool_call_id'])
    if (message['role'] === 'tool') {
      if (open.delete(answered)) return
      const text =
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
      throw invalid(text, `messages.[${index}].role`)
    }
    checkAnswered(open)
    open = new Set(records(message['tool_calls']).map((call) => textOf(call['id'])))
  })
  checkAnswered(open)
}

function checkAnswered(open: ReadonlySet<string>): void {
  if (open.size === 0) return
  const text =
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
  throw invalid(
    `${text} The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    'messages',
  )
}

function readTurn(message: Json): ReceivedTurn {
  const { content } = message
  const role = roles.find((known) => known === message['role']) ?? 'user'
  const parts = records(content)
  const text = typeof content === 'string' ? content : parts.map((part) => textOf(part['text'])).join('')
  return {
    role: role === 'developer' ? 'system' : role,
    text,
    images: parts.filter((part) => part['type'] === 'image_url').length,
    files: parts.filter((part) => part['type'] === 'file' || part['type'] === 'input_audio').length,
    toolCalls: records(message['tool_calls']).length,
    toolResults: role === 'tool' ? 1 : 0,
  }
}
