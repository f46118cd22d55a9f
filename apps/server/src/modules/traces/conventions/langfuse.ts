import type { AttributeValue } from '@atrium/wire/otlp'
import type { SpanTokens } from '../facts.ts'
import { oneOf, tell, tellUnmarked, type RuleDraft } from './rules.ts'
import { count, dollars, fromJson, isRecord, moment, own, plain, raw, text } from './values.ts'

/**
 * Langfuse, by its own SDKs. What they set on every span of a trace (`langfuse.environment`, `langfuse.trace.name`)
 * also lands on spans of other instrumentations and shows no convention.
 * Sources: https://langfuse.com/integrations/native/opentelemetry,
 * https://langfuse.com/docs/observability/features/token-and-cost-tracking
 */
export const langfuse: readonly RuleDraft[] = [
  ...tell(
    'operation',
    oneOf({
      generation: 'chat',
      embedding: 'embeddings',
      retriever: 'retrieval',
      tool: 'execute_tool',
      agent: 'invoke_agent',
      chain: 'invoke_workflow',
    } as const),
    'langfuse.observation.type',
  ),
  ...tell('model', text, ['langfuse.observation.model.name', 'langfuse.observation.model']),
  ...tellUnmarked('session', text, 'langfuse.session.id'),
  ...tellUnmarked('user', text, 'langfuse.user.id'),
  ...tellUnmarked('environment', text, 'langfuse.environment'),
  ...tellUnmarked('version', text, ['langfuse.release', 'langfuse.version']),
  ...tell('usage', usageDetails, ['langfuse.observation.usage_details', 'langfuse.observation.usage']),
  ...tell('costNanoUsd', costDetails, 'langfuse.observation.cost_details'),
  ...tell('firstTokenAtNs', moment, 'langfuse.observation.completion_start_time'),
  ...tell('input', raw, 'langfuse.observation.input'),
  ...tell('output', raw, 'langfuse.observation.output'),
  ...tell('errorType', oneOf({ ERROR: '_OTHER' } as const), 'langfuse.observation.level'),
]

type Kind = 'input' | 'cacheRead' | 'cacheWrite' | 'output' | 'reasoning'

/** What a key of `usage_details` counts; the first pattern that fits. Keys are free, so `input_audio` is input. */
const KINDS: readonly (readonly [RegExp, Kind | null])[] = [
  [/total/i, null],
  [/cache.*(creat|writ)|(creat|writ).*cache/i, 'cacheWrite'],
  [/cache/i, 'cacheRead'],
  [/reasoning|thought/i, 'reasoning'],
  [/input|prompt/i, 'input'],
  [/output|completion/i, 'output'],
]

/**
 * `usage_details`: free keys that Langfuse adds up, so that by its own reading none counts what another counts.
 * The usage of OpenAI is taken too, whose details (`prompt_tokens_details`) are parts of the whole; so are flat
 * details when the total told equals input and output alone.
 */
function usageDetails(value: AttributeValue): SpanTokens | undefined {
  const details = record(value)
  if (details === undefined) return undefined
  const sums: Partial<Record<Kind, number>> = {}
  let total: number | undefined
  let nested = false
  for (const [key, amount] of Object.entries(details)) {
    if (isRecord(amount)) {
      nested = addDetails(sums, key, amount) || nested
      continue
    }
    const tokens = count(amount)
    if (tokens === undefined) continue
    if (/total/i.test(key)) total = tokens
    add(sums, key, tokens)
  }
  if (Object.keys(sums).length === 0) return undefined
  const included = nested || total === (sums.input ?? 0) + (sums.output ?? 0)
  return tokensOf(sums, included)
}

/** Details of audio and the like are left out: as parts of the whole they are counted with it. */
function addDetails(sums: Partial<Record<Kind, number>>, group: string, details: Record<string, unknown>) {
  if (!/_details$|Details$/.test(group)) return false
  for (const [key, amount] of Object.entries(details)) {
    const tokens = count(amount)
    if (tokens !== undefined && /cache|reasoning/i.test(key)) add(sums, key, tokens)
  }
  return true
}

function add(sums: Partial<Record<Kind, number>>, key: string, tokens: number): void {
  const kind = KINDS.find(([pattern]) => pattern.test(key))?.[1]
  if (kind !== undefined && kind !== null) sums[kind] = (sums[kind] ?? 0) + tokens
}

function tokensOf(sums: Partial<Record<Kind, number>>, included: boolean): SpanTokens {
  const { input, cacheRead = null, cacheWrite = null, output, reasoning = null } = sums
  const cached = included ? (cacheRead ?? 0) + (cacheWrite ?? 0) : 0
  const reasoned = included ? (reasoning ?? 0) : 0
  return {
    input: input === undefined ? null : Math.max(0, input - cached),
    cacheRead,
    cacheWrite,
    output: output === undefined ? null : Math.max(0, output - reasoned),
    reasoning,
  }
}

/** `cost_details`: dollars by free keys and their `total`, which is their sum when it is missing. */
function costDetails(value: AttributeValue): bigint | undefined {
  const details = record(value)
  if (details === undefined) return undefined
  const total = dollars(own(details, 'total'))
  if (total !== undefined) return total
  const parts = Object.values(details).flatMap((part) => dollars(part) ?? [])
  return parts.length === 0 ? undefined : parts.reduce((sum, part) => sum + part)
}

function record(value: AttributeValue): Record<string, unknown> | undefined {
  const held = typeof value === 'string' ? fromJson(value) : plain(value)
  return isRecord(held) ? held : undefined
}
