import { numberOf } from '../shared/json.ts'
import type { JsonObject } from '../spec/json.ts'
import { type Usage, usageOf } from '../spec/usage.ts'

/**
 * `promptTokenCount` includes `cachedContentTokenCount`; `candidatesTokenCount` excludes `thoughtsTokenCount`; what the
 * provider's own tools put into the prompt is counted apart. https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function decodeUsage(raw: JsonObject): Usage {
  const count = (member: string) => numberOf(raw[member]) ?? 0
  const cacheRead = count('cachedContentTokenCount')
  return usageOf(
    {
      uncached: count('promptTokenCount') - cacheRead + count('toolUsePromptTokenCount'),
      cacheRead,
      text: count('candidatesTokenCount'),
      reasoning: count('thoughtsTokenCount'),
    },
    raw,
  )
}
