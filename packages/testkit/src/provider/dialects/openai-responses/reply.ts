import type { Answer, ToolCall, Usage, WholeAnswer } from '../../answer.ts'
import type { Json } from '../../json.ts'
import { encryptReasoning, reasonedCallPrefix } from './items.ts'

type Status = 'in_progress' | 'completed' | 'incomplete' | 'failed'

/** A response object. Source: https://platform.openai.com/docs/api-reference/responses/object */
export function responseObject(answer: Answer, status: Status, output: readonly Json[]): Json {
  const done = status === 'completed' || status === 'incomplete'
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: Math.floor(answer.createdAtMs / 1000),
    status,
    background: false,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: incompleteReason(answer) } : null,
    instructions: answer.received.system === '' ? null : answer.received.system,
    max_output_tokens: answer.received.maxTokens ?? null,
    model: answer.received.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: answer.received.serviceTier ?? 'default',
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: done && answer.usage !== undefined ? responseUsage(answer.usage) : null,
    user: null,
    metadata: {},
  }
}

/** The whole response of a call that is not streamed. */
export function responsesReply(answer: Answer, whole: WholeAnswer): Json {
  const output: Json[] = []
  if (whole.reasoning !== '') output.push(reasoningItem(answer, whole.reasoning))
  if (whole.text !== '') output.push(messageItem(answer, whole.text, 'completed'))
  for (const call of whole.calls) output.push(callItem(answer, call, JSON.stringify(call.args), 'completed'))
  return responseObject(answer, finalStatus(answer), output)
}

export function finalStatus(answer: Answer): 'completed' | 'incomplete' {
  return answer.stop === 'length' || answer.stop === 'content-filter' ? 'incomplete' : 'completed'
}

export function messageItemId(answer: Answer): string {
  return `msg_${answer.id}`
}

export function reasoningItemId(answer: Answer): string {
  return `rs_${answer.id}`
}

/** The id of a call's item; it tells whether reasoning came before, see `reasoningIdOf`. */
export function callItemId(answer: Answer, call: ToolCall): string {
  const reasoned = answer.size > 0 && answer.stepAt(0).kind === 'reasoning'
  return reasoned ? `${reasonedCallPrefix}${answer.id}_${call.index}` : `fc_${answer.id}_${call.index}`
}

export function messageItem(answer: Answer, text: string, status: Status): Json {
  const content = status === 'in_progress' ? [] : [textPart(text)]
  return { id: messageItemId(answer), type: 'message', status, role: 'assistant', content }
}

export function textPart(text: string): Json {
  return { type: 'output_text', annotations: [], logprobs: [], text }
}

/** Reasoning as a summary; `encrypted_content` only if the request asked to include it. */
export function reasoningItem(answer: Answer, text: string): Json {
  const id = reasoningItemId(answer)
  const encrypted = answer.received.wantsEncryptedReasoning ? { encrypted_content: encryptReasoning(id) } : {}
  return { id, type: 'reasoning', summary: text === '' ? [] : [{ type: 'summary_text', text }], ...encrypted }
}

export function callItem(answer: Answer, call: ToolCall, args: string, status: Status): Json {
  const id = callItemId(answer, call)
  return { id, type: 'function_call', status, arguments: args, call_id: `call_${call.id}`, name: call.name }
}

/** Sums as OpenAI makes them: input includes cached tokens, output includes reasoning. */
function responseUsage(usage: Usage): Json {
  const input = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h
  const output = usage.text + usage.reasoning
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + output,
  }
}

function incompleteReason(answer: Answer): string {
  return answer.stop === 'length' ? 'max_output_tokens' : 'content_filter'
}
