import type { JsonObject } from '../spec/json.ts'
import { countAt, reportedUsage, totalAt, type Usage } from '../spec/usage.ts'

/**
 * `promptTokenCount` includes `cachedContentTokenCount`; `candidatesTokenCount` excludes `thoughtsTokenCount`; what the
 * provider's own tools put into the prompt is counted apart. https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function decodeUsage(raw: JsonObject): Usage {
  const prompt = countAt(raw['promptTokenCount'])
  const text = countAt(raw['candidatesTokenCount'])
  const cacheRead = countAt(raw['cachedContentTokenCount']) ?? 0
  return reportedUsage(
    {
      uncached: totalAt(prompt, text) - cacheRead + (countAt(raw['toolUsePromptTokenCount']) ?? 0),
      cacheRead,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      text: totalAt(text, prompt),
      reasoning: countAt(raw['thoughtsTokenCount']) ?? 0,
    },
    raw,
  )
}
