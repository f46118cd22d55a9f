import type { JsonObject } from '../spec/json.ts'
import type { Finish, FinishReason } from '../spec/stream.ts'
import { inputTokens, outputTokens, totalTokens, type Usage } from '../spec/usage.ts'

/**
 * `prompt_tokens` includes what came from a cache, `completion_tokens` includes reasoning.
 * https://platform.openai.com/docs/api-reference/completions/object#completions/object-usage
 *
 * `cache_write_tokens` is OpenRouter's and is told only where something was written. Nothing is said of a usage that
 * the provider never told.
 */
export function encodeUsage(usage: Usage): JsonObject | undefined {
  if (usage.missing) return undefined
  const { cacheRead, cacheWrite5m, cacheWrite1h } = usage.input
  const cacheWrite = cacheWrite5m + cacheWrite1h
  return {
    prompt_tokens: inputTokens(usage),
    completion_tokens: outputTokens(usage),
    total_tokens: totalTokens(usage),
    prompt_tokens_details: {
      cached_tokens: cacheRead,
      ...(cacheWrite > 0 && { cache_write_tokens: cacheWrite }),
    },
    completion_tokens_details: { reasoning_tokens: usage.output.reasoning },
  }
}

/** https://platform.openai.com/docs/api-reference/chat/object#chat/object-choices */
export function encodeFinishReason({ unified }: Finish['reason']): string {
  return finishReasons[unified]
}

/** A paused turn and whatever OpenAI does not know ended without being cut, which is what `stop` says. */
const finishReasons: Record<FinishReason, string> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
  'context-window': 'length',
  other: 'stop',
}
