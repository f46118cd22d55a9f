import type { ReplyContext } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { Finish } from '../spec/stream.ts'
import { inputTokens, outputTokens, totalTokens, type Usage } from '../spec/usage.ts'

/** How far a response has come, and what it holds. */
export interface ResponseState {
  id: string
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  output: JsonObject[]
  usage?: Usage | undefined
  error?: JsonObject | undefined
  incompleteReason?: string | undefined
}

/**
 * A whole Response object; clients of typed languages require every member. When it was completed is left open.
 * https://platform.openai.com/docs/api-reference/responses/object and https://www.openresponses.org/specification
 */
export function encodeResponse(context: ReplyContext, state: ResponseState): JsonObject {
  return {
    id: state.id,
    object: 'response',
    created_at: context.createdAt,
    completed_at: null,
    status: state.status,
    error: state.error ?? null,
    incomplete_details: state.incompleteReason === undefined ? null : { reason: state.incompleteReason },
    model: context.model,
    output: state.output,
    usage: state.usage && !state.usage.missing ? encodeUsage(state.usage) : null,
    ...defaults,
    ...context.wishes.echo,
  }
}

/** What a request means that does not say otherwise. Nothing is stored. */
const defaults: JsonObject = {
  background: false,
  frequency_penalty: 0,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  presence_penalty: 0,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'default',
  store: false,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
}

/** Totals include what came from a cache and what was reasoning. */
function encodeUsage(usage: Usage): JsonValue {
  const { cacheRead, cacheWrite5m, cacheWrite1h } = usage.input
  return {
    input_tokens: inputTokens(usage),
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite5m + cacheWrite1h },
    output_tokens: outputTokens(usage),
    output_tokens_details: { reasoning_tokens: usage.output.reasoning },
    total_tokens: totalTokens(usage),
  }
}

/** Why a response is incomplete; `undefined` when it is complete. A refusal is complete: its content says what it is. */
export function incompleteReasonOf({ unified, raw }: Finish['reason']): string | undefined {
  switch (unified) {
    case 'stop':
    case 'tool-calls':
    case 'refusal':
      return undefined
    case 'length':
    case 'context-window':
      return 'max_output_tokens'
    case 'content-filter':
      return 'content_filter'
    default:
      return raw || unified
  }
}
