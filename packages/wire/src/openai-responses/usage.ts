import { objectOf } from '../shared/json.ts'
import type { JsonObject } from '../spec/json.ts'
import { countAt, reportedUsage, totalAt, type Usage } from '../spec/usage.ts'

/**
 * `input_tokens` includes what came from a cache, `output_tokens` includes reasoning.
 * https://platform.openai.com/docs/api-reference/responses/object
 */
export function decodeUsage(raw: JsonObject): Usage {
  const details = objectOf(raw['input_tokens_details'])
  const input = countAt(raw['input_tokens'])
  const output = countAt(raw['output_tokens'])
  const cacheRead = countAt(details?.['cached_tokens']) ?? 0
  const cacheWrite = countAt(details?.['cache_write_tokens']) ?? 0
  const reasoning = countAt(objectOf(raw['output_tokens_details'])?.['reasoning_tokens']) ?? 0
  return reportedUsage(
    {
      uncached: totalAt(input, output) - cacheRead - cacheWrite,
      cacheRead,
      cacheWrite5m: cacheWrite,
      cacheWrite1h: 0,
      text: totalAt(output, input) - reasoning,
      reasoning,
    },
    raw,
  )
}
