import { objectOf, stringOf } from '../shared/json.ts'
import { serviceTierOf, withServiceTier } from '../shared/service-tier.ts'
import type { JsonObject } from '../spec/json.ts'
import type { MeterReading } from '../passthrough/meter.ts'
import { finishReasons } from './stream.ts'
import { decodeUsage } from './usage.ts'

/**
 * What a plain text completion tells of itself, without its content being taken apart; undefined where only the
 * decoder can tell. https://platform.openai.com/docs/api-reference/chat/object
 */
export function glanceAt(body: JsonObject): MeterReading | undefined {
  const { choices } = body
  const usage = objectOf(body['usage'])
  const id = stringOf(body['id'])
  if (!usage || !id || body['error'] || !Array.isArray(choices) || choices.length !== 1) return undefined
  const choice = objectOf(choices[0])
  const message = objectOf(choice?.['message'])
  if (!choice || !message || (choice['index'] ?? 0) !== 0) return undefined
  const raw = stringOf(choice['finish_reason']) ?? ''
  const unified = finishReasons.get(raw)
  const { content } = message
  if (!unified || typeof content !== 'string' || message['refusal'] || message['tool_calls']) return undefined
  const model = stringOf(body['model'])
  return {
    responseId: id,
    ...(model ? { model } : {}),
    finishReason: { unified, raw },
    usage: decodeUsage(withServiceTier(usage, serviceTierOf(body))),
    outputBytes: Buffer.byteLength(content),
  }
}
