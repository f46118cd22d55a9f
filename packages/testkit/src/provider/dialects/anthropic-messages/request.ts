import type { IncomingHttpHeaders } from 'node:http'
import { isRecord, numberOf, records, textOf, type Json } from '../../json.ts'
import type { Received, ReceivedTurn } from '../../received.ts'
import { invalid } from '../../refusal.ts'
import type { Target } from '../dialect.ts'
import { checkMessages } from './messages.ts'

const fields = new Set(
  (
    'model messages max_tokens system stream temperature top_p top_k stop_sequences metadata tools tool_choice ' +
    'thinking service_tier container mcp_servers context_management cache_control output_config output_format ' +
    'inference_geo speed'
  ).split(' '),
)

/**
 * Reads and validates a Messages request, with the refusals that the real API gives.
 * Source: https://docs.anthropic.com/en/api/messages. Throws a `Refusal`.
 */
export function receiveMessages(body: Json, _target: Target, headers: IncomingHttpHeaders): Received {
  if (headers['anthropic-version'] === undefined) throw invalid('anthropic-version: header is required')
  const maxTokens = numberOf(body['max_tokens'])
  if (maxTokens === undefined) throw invalid('max_tokens: Field required')
  if (maxTokens < 1) throw invalid('max_tokens: Input should be greater than or equal to 1')
  return readMessages(body, maxTokens)
}

/** Reads what generating and counting have in common. Throws a `Refusal`. */
export function readMessages(body: Json, maxTokens: number | undefined): Received {
  const model = textOf(body['model'])
  if (model === '') throw invalid('model: Field required')
  for (const key of Object.keys(body)) {
    if (!fields.has(key)) throw invalid(`${key}: Extra inputs are not permitted`)
  }
  if (!Array.isArray(body['messages'])) throw invalid('messages: Field required')
  checkOptions(body, maxTokens)
  const messages = records(body['messages'])
  checkMessages(messages, isThinking(body))
  checkCacheMarks(body)
  return {
    model,
    stream: body['stream'] === true,
    system: plainText(body['system']),
    turns: messages.map(readTurn),
    tools: records(body['tools']).map((tool) => ({
      name: textOf(tool['name']),
      schema: isRecord(tool['input_schema']) ? tool['input_schema'] : {},
    })),
    maxTokens,
    wantsUsage: true,
    wantsEncryptedReasoning: false,
  }
}

function isThinking(body: Json): boolean {
  return isRecord(body['thinking']) && body['thinking']['type'] === 'enabled'
}

function checkOptions(body: Json, maxTokens: number | undefined): void {
  const heat = numberOf(body['temperature'])
  if (heat !== undefined && (heat < 0 || heat > 1)) throw invalid('temperature: range: 0..1')
  if (!isThinking(body)) return
  const budget = isRecord(body['thinking']) ? (numberOf(body['thinking']['budget_tokens']) ?? 0) : 0
  if (budget < 1024)
    throw invalid('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024')
  if (maxTokens !== undefined && budget >= maxTokens) {
    throw invalid('`max_tokens` must be greater than `thinking.budget_tokens`.')
  }
  if (heat !== undefined && heat !== 1) {
    throw invalid('`temperature` may only be set to 1 when thinking is enabled.')
  }
}

function checkCacheMarks(body: Json): void {
  const blocks = [body['tools'], body['system'], body['messages']].flatMap(records)
  const inner = blocks.flatMap((block) => records(block['content']))
  const found = [...blocks, ...inner].filter((block) => isRecord(block['cache_control'])).length
  if (found > 4) throw invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${found}.`)
}

function plainText(content: unknown): string {
  if (typeof content === 'string') return content
  return records(content)
    .map((block) => textOf(block['text']))
    .join('')
}

function readTurn(message: Json): ReceivedTurn {
  const blocks = records(message['content'])
  const count = (type: string): number => blocks.filter((block) => block['type'] === type).length
  return {
    role: message['role'] === 'assistant' ? 'assistant' : 'user',
    text: plainText(message['content']),
    images: count('image'),
    files: count('document'),
    toolCalls: count('tool_use'),
    toolResults: count('tool_result'),
  }
}
