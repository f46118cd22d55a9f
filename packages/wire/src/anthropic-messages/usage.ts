import { numberOf, objectOf } from '../shared/json.ts'
import type { JsonObject } from '../spec/json.ts'
import { type Usage, usageOf } from '../spec/usage.ts'

/**
 * `input_tokens` excludes what was read from or written to a cache; `output_tokens` includes thinking.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance
 */
export function decodeUsage(raw: JsonObject): Usage {
  const creation = objectOf(raw['cache_creation'])
  const write1h = numberOf(creation?.['ephemeral_1h_input_tokens']) ?? 0
  const writes = numberOf(raw['cache_creation_input_tokens'])
  const output = numberOf(raw['output_tokens']) ?? 0
  const reasoning = numberOf(objectOf(raw['output_tokens_details'])?.['thinking_tokens']) ?? 0
  return usageOf(
    {
      uncached: numberOf(raw['input_tokens']) ?? 0,
      cacheRead: numberOf(raw['cache_read_input_tokens']) ?? 0,
      cacheWrite5m:
        writes === undefined
          ? (numberOf(creation?.['ephemeral_5m_input_tokens']) ?? 0)
          : Math.max(0, writes - write1h),
      cacheWrite1h: write1h,
      text: output - reasoning,
      reasoning,
    },
    raw,
  )
}

/** Counts are cumulative and the last word holds; a member that a later event leaves out or nulls stays. */
export function mergeUsage(
  earlier: JsonObject | undefined,
  later: JsonObject | undefined,
): JsonObject | undefined {
  if (!earlier || !later) return later ?? earlier
  return { ...earlier, ...Object.fromEntries(Object.entries(later).filter(([, value]) => value !== null)) }
}
