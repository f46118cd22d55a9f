import { isRecord, numberOf, records, textOf, type Json } from '../../json.ts'
import type { Received, ReceivedTurn } from '../../received.ts'
import { invalid } from '../../refusal.ts'

const roles = ['system', 'user', 'assistant', 'tool'] as const

/**
 * Reads and validates an Ollama chat request; it streams unless told not to. Mistakes are answered as Go's JSON
 * decoder words them. Source: https://github.com/ollama/ollama/blob/main/docs/api.md. Throws a `Refusal`.
 */
export function receiveOllama(body: Json): Received {
  const model = textOf(body['model'])
  if (model === '') throw invalid('model is required')
  const messages = records(body['messages'])
  messages.forEach(checkMessage)
  const turns = messages.map(readTurn)
  const limit = isRecord(body['options']) ? numberOf(body['options']['num_predict']) : undefined
  return {
    model,
    stream: body['stream'] !== false,
    system: turns.flatMap((turn) => (turn.role === 'system' ? [turn.text] : [])).join('\n'),
    turns: turns.filter((turn) => turn.role !== 'system'),
    tools: records(body['tools']).map((tool) => {
      const spec = isRecord(tool['function']) ? tool['function'] : {}
      return { name: textOf(spec['name']), schema: isRecord(spec['parameters']) ? spec['parameters'] : {} }
    }),
    maxTokens: limit === undefined || limit <= 0 ? undefined : limit,
    wantsUsage: true,
    wantsEncryptedReasoning: false,
  }
}

function checkMessage(message: Json): void {
  const { content, role, images } = message
  const field = 'json: cannot unmarshal'
  if (!roles.some((known) => known === role)) {
    throw invalid(`invalid role: ${String(role)}, role must be one of [system, user, assistant, tool]`)
  }
  if (content !== undefined && typeof content !== 'string') {
    throw invalid(
      `${field} ${Array.isArray(content) ? 'array' : 'object'} into Go struct field ChatRequest.messages.content of type string`,
    )
  }
  if (
    Array.isArray(images) &&
    images.some((image) => !/^[A-Za-z0-9+/=]+$/.test(textOf(image).slice(0, 400)))
  ) {
    throw invalid('illegal base64 data at input byte 4')
  }
  for (const call of records(message['tool_calls'])) {
    if (isRecord(call['function']) && isRecord(call['function']['arguments'])) continue
    throw invalid(
      `${field} string into Go struct field ChatRequest.messages.tool_calls.function.arguments of type map[string]interface {}`,
    )
  }
}

function readTurn(message: Json): ReceivedTurn {
  return {
    role: roles.find((known) => known === message['role']) ?? 'user',
    text: textOf(message['content']),
    images: Array.isArray(message['images']) ? message['images'].length : 0,
    files: 0,
    toolCalls: records(message['tool_calls']).length,
    toolResults: message['role'] === 'tool' ? 1 : 0,
  }
}
