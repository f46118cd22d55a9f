import { objectOf } from '../shared/json.ts'
import type { JsonObject } from '../spec/json.ts'
import { countAt, reportedUsage, totalAt, type Usage } from '../spec/usage.ts'

/**
 * `input_tokens` excludes what was read from or written to a cache; `output_tokens` includes thinking.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance
 */
export function decodeUsage(raw: JsonObject): Usage {
  const creation = objectOf(raw['cache_creation'])
  const write1h = countAt(creation?.['ephemeral_1h_input_tokens']) ?? 0
  const writes = countAt(raw['cache_creation_input_tokens'])
  const input = countAt(raw['input_tokens'])
  const output = countAt(raw['output_tokens'])
  const reasoning = countAt(objectOf(raw['output_tokens_details'])?.['thinking_tokens']) ?? 0
  return reportedUsage(
    {
      uncached: totalAt(input, output),
      cacheRead: countAt(raw['cache_read_input_tokens']) ?? 0,
      cacheWrite5m:
        writes === undefined ? (countAt(creation?.['ephemeral_5m_input_tokens']) ?? 0) : writes - write1h,
      cacheWrite1h: write1h,
      text: totalAt(output, input) - reasoning,
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
