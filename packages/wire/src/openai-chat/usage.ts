import { numberOf, objectOf } from '../shared/json.ts'
import type { JsonObject } from '../spec/json.ts'
import { type Usage, usageOf } from '../spec/usage.ts'

/**
 * `prompt_tokens` includes what came from a cache, `completion_tokens` includes reasoning.
 * https://platform.openai.com/docs/api-reference/chat/object
 *
 * DeepSeek counts cache hits in `prompt_cache_hit_tokens`, OpenRouter cache writes in `cache_write_tokens`, and xAI
 * leaves reasoning out of `completion_tokens`, which shows in `total_tokens`.
 */
export function decodeUsage(raw: JsonObject): Usage {
  const input = objectOf(raw['prompt_tokens_details'])
  const prompt = numberOf(raw['prompt_tokens']) ?? 0
  const completion = numberOf(raw['completion_tokens']) ?? 0
  const cacheRead = numberOf(input?.['cached_tokens']) ?? numberOf(raw['prompt_cache_hit_tokens']) ?? 0
  const cacheWrite = numberOf(input?.['cache_write_tokens']) ?? 0
  const reasoning = numberOf(objectOf(raw['completion_tokens_details'])?.['reasoning_tokens']) ?? 0
  const reasoningIsExtra = numberOf(raw['total_tokens']) === prompt + completion + reasoning
  return usageOf(
    {
      uncached: prompt - cacheRead - cacheWrite,
      cacheRead,
      cacheWrite5m: cacheWrite,
      text: reasoningIsExtra ? completion : completion - reasoning,
      reasoning,
    },
    raw,
  )
}
