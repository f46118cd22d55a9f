import type { JsonObject } from '../spec/json.ts'
import { countAt, missingUsage, reportedUsage, type Usage } from '../spec/usage.ts'

/**
 * `prompt_eval_count` and `eval_count` of the last line; the former is left out when the whole prompt was still in
 * memory. Thinking is counted with the rest. https://docs.ollama.com/api/usage
 */
export function decodeUsage(body: JsonObject): Usage {
  const input = countAt(body['prompt_eval_count'])
  const output = countAt(body['eval_count'])
  if (input === undefined && output === undefined) return missingUsage()
  const raw: JsonObject = {}
  for (const member of usageMembers) if (body[member] !== undefined) raw[member] = body[member]
  return reportedUsage(
    {
      uncached: input ?? 0,
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      text: output ?? 0,
      reasoning: 0,
    },
    raw,
  )
}

const usageMembers = [
  'prompt_eval_count',
  'eval_count',
  'total_duration',
  'load_duration',
  'prompt_eval_duration',
  'eval_duration',
] as const
