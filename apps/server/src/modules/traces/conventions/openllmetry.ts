import type { FlatForm, FlatPlace } from './flat-messages.ts'
import { oneOf, tell, tellUnmarked, type RuleDraft } from './rules.ts'
import { count, raw, text } from './values.ts'

/**
 * OpenLLMetry, of Traceloop; its model, provider and usage have the names of OpenTelemetry.
 * Source: https://github.com/traceloop/openllmetry/blob/main/packages/opentelemetry-semantic-conventions-ai/opentelemetry/semconv_ai/__init__.py
 *
 * A task is a step of a workflow and like it holds no tokens of its own.
 */
export const openLlmetry: readonly RuleDraft[] = [
  ...tell(
    'operation',
    oneOf({
      workflow: 'invoke_workflow',
      task: 'invoke_workflow',
      agent: 'invoke_agent',
      tool: 'execute_tool',
    } as const),
    'traceloop.span.kind',
  ),
  ...tell(
    'operation',
    oneOf({
      chat: 'chat',
      completion: 'text_completion',
      embedding: 'embeddings',
      rerank: 'retrieval',
    } as const),
    'llm.request.type',
  ),
  ...tell('entity', text, 'traceloop.entity.name'),
  ...tellUnmarked('session', text, [
    'traceloop.association.properties.session_id',
    'traceloop.association.properties.sessionId',
  ]),
  ...tellUnmarked('user', text, [
    'traceloop.association.properties.user_id',
    'traceloop.association.properties.userId',
  ]),
  ...tell('promptTokens', count, 'llm.usage.prompt_tokens'),
  ...tell('cacheReadTokens', count, 'llm.usage.cache_read_input_tokens'),
  ...tell('cacheWriteTokens', count, 'llm.usage.cache_creation_input_tokens'),
  ...tell('completionTokens', count, 'llm.usage.completion_tokens'),
  ...tell('reasoningTokens', count, 'llm.usage.reasoning_tokens'),
  ...tell('totalTokens', count, 'llm.usage.total_tokens'),
  ...tell('input', raw, 'traceloop.entity.input'),
  ...tell('output', raw, 'traceloop.entity.output'),
]

/** `gen_ai.prompt.0.content`, `gen_ai.completion.0.tool_calls.0.name`. */
export const openLlmetryForms: readonly FlatForm[] = [
  { convention: 'openllmetry', prefix: 'gen_ai.prompt.', direction: 'input', placeOf },
  { convention: 'openllmetry', prefix: 'gen_ai.completion.', direction: 'output', placeOf },
]

const MESSAGE =
  /^(0|[1-9]\d{0,5})\.(?:(role|content|reasoning|finish_reason|tool_call_id)|tool_calls\.(0|[1-9]\d{0,5})\.(id|name|arguments))$/

const FIELDS: Readonly<Record<string, string>> = { finish_reason: 'finish', tool_call_id: 'callId' }

function placeOf(path: string): FlatPlace | null {
  const found = MESSAGE.exec(path)
  if (found === null) return null
  const [, message = '', own, call, ofCall] = found
  const field = own ?? ofCall ?? ''
  return {
    message,
    list: call === undefined ? null : 'calls',
    item: call ?? '',
    field: FIELDS[field] ?? field,
  }
}
