import { objectOf } from '../shared/json.ts'
import type { JsonObject } from '../spec/json.ts'
import { countAt, reportedUsage, totalAt, type Usage } from '../spec/usage.ts'

/**
 * `prompt_tokens` includes what came from a cache, `completion_tokens` includes reasoning.
 * https://platform.openai.com/docs/api-reference/chat/object
 *
 * DeepSeek counts cache hits in `prompt_cache_hit_tokens`, OpenRouter cache writes in `cache_write_tokens`, and xAI
 * leaves reasoning out of `completion_tokens`, which shows in `total_tokens`.
 */
export function decodeUsage(raw: JsonObject): Usage {
  const input = objectOf(raw['prompt_tokens_details'])
  const given = { prompt: countAt(raw['prompt_tokens']), completion: countAt(raw['completion_tokens']) }
  const prompt = totalAt(given.prompt, given.completion)
  const completion = totalAt(given.completion, given.prompt)
  const cacheRead = countAt(input?.['cached_tokens']) ?? countAt(raw['prompt_cache_hit_tokens']) ?? 0
  const cacheWrite = countAt(input?.['cache_write_tokens']) ?? 0
  const reasoning = countAt(objectOf(raw['completion_tokens_details'])?.['reasoning_tokens']) ?? 0
  const reasoningIsExtra = countAt(raw['total_tokens']) === prompt + completion + reasoning
  return reportedUsage(
    {
      uncached: prompt - cacheRead - cacheWrite,
      cacheRead,
      cacheWrite5m: cacheWrite,
      cacheWrite1h: 0,
      text: reasoningIsExtra ? completion : completion - reasoning,
      reasoning,
    },
    raw,
  )
}
