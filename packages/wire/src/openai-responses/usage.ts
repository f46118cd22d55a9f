import { numberOf, objectOf } from '../shared/json.ts'
import type { JsonObject } from '../spec/json.ts'
import { type Usage, usageOf } from '../spec/usage.ts'

/**
 * `input_tokens` includes what came from a cache, `output_tokens` includes reasoning.
 * https://platform.openai.com/docs/api-reference/responses/object
 */
export function decodeUsage(raw: JsonObject): Usage {
  const details = objectOf(raw['input_tokens_details'])
  const cacheRead = numberOf(details?.['cached_tokens']) ?? 0
  const cacheWrite = numberOf(details?.['cache_write_tokens']) ?? 0
  const reasoning = numberOf(objectOf(raw['output_tokens_details'])?.['reasoning_tokens']) ?? 0
  return usageOf(
    {
      uncached: (numberOf(raw['input_tokens']) ?? 0) - cacheRead - cacheWrite,
      cacheRead,
      cacheWrite5m: cacheWrite,
      text: (numberOf(raw['output_tokens']) ?? 0) - reasoning,
      reasoning,
    },
    raw,
  )
}
