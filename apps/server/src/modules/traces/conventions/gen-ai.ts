import type { AttributeValue } from '@atrium/wire/otlp'
import type { Operation } from '../facts.ts'
import { instructionsIn, messagesIn } from './messages.ts'
import { provider } from './providers.ts'
import { oneOf, tell, tellUnmarked, type RuleDraft } from './rules.ts'
import { count, dollars, fromJson, plain, seconds, structure, text } from './values.ts'

/**
 * OpenTelemetry's conventions for generative AI and for the Model Context Protocol, 1.41, with the older names.
 * Sources: https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/,
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/model/gen-ai/registry.yaml,
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/; `gen_ai.usage.details.*` is of Pydantic AI,
 * `gen_ai.usage.input_tokens.cached` of Sentry, `gen_ai.cost.total_cost` of LiteLLM.
 *
 * `gen_ai.usage.input_tokens` includes tokens read from a cache and written to one, `output_tokens` reasoning.
 */
export const genAi: readonly RuleDraft[] = [
  ...tell('operation', oneOf(operations()), 'gen_ai.operation.name'),
  ...tell('operation', mcpOperation, 'mcp.method.name'),
  ...tell('provider', provider, ['gen_ai.provider.name', 'gen_ai.system']),
  ...tell('requestModel', text, 'gen_ai.request.model'),
  ...tell('model', text, 'gen_ai.response.model'),
  ...tell('agent', text, ['gen_ai.agent.name', 'gen_ai.workflow.name', 'gen_ai.agent.id']),
  ...tell('tool', text, 'gen_ai.tool.name'),
  ...tell('toolCallId', text, 'gen_ai.tool.call.id'),
  ...tellUnmarked('session', text, 'session.id'),
  ...tell('session', text, 'gen_ai.conversation.id'),

  ...tell('promptTokens', count, ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens']),
  ...tell('cacheReadTokens', count, [
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
    'gen_ai.usage.input_tokens.cached',
    'gen_ai.usage.details.cache_read_tokens',
  ]),
  ...tell('cacheWriteTokens', count, [
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_creation_input_tokens',
    'gen_ai.usage.input_tokens.cache_write',
    'gen_ai.usage.details.cache_write_tokens',
  ]),
  ...tell('completionTokens', count, ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens']),
  ...tell('reasoningTokens', count, [
    'gen_ai.usage.reasoning.output_tokens',
    'gen_ai.usage.reasoning_tokens',
    'gen_ai.usage.output_tokens.reasoning',
    'gen_ai.usage.details.reasoning_tokens',
  ]),
  ...tell('totalTokens', count, 'gen_ai.usage.total_tokens'),
  ...tell('costNanoUsd', dollars, ['gen_ai.usage.cost', 'gen_ai.usage.total_cost', 'gen_ai.cost.total_cost']),
  ...tell('firstTokenNs', seconds, [
    'gen_ai.response.time_to_first_chunk',
    'gen_ai.client.operation.time_to_first_chunk',
    'gen_ai.server.time_to_first_token',
  ]),

  ...tell('instructions', instructionsIn, 'gen_ai.system_instructions'),
  ...tell('inputMessages', messagesIn('user'), 'gen_ai.input.messages'),
  ...tell('outputMessages', messagesIn('assistant'), 'gen_ai.output.messages'),
  ...tell('inputMessages', messagesIn('user'), ['gen_ai.prompt', 'gen_ai.retrieval.query.text']),
  ...tell('outputMessages', messagesIn('assistant'), 'gen_ai.completion'),
  ...tell('finishReasons', reasons, 'gen_ai.response.finish_reasons'),
  ...tell('toolArguments', structure, 'gen_ai.tool.call.arguments'),
  ...tell('toolResult', structure, 'gen_ai.tool.call.result'),
]

/** Operations by what senders write; `rerank` and steps of agents have no name in the conventions. */
function operations(): Readonly<Record<string, Operation>> {
  const same: readonly Operation[] = [
    'chat',
    'text_completion',
    'generate_content',
    'embeddings',
    'retrieval',
    'create_agent',
    'invoke_agent',
    'invoke_workflow',
    'execute_tool',
    'plan',
  ]
  const memory = ['memory', 'search_memory', 'create_memory', 'update_memory', 'upsert_memory']
  const stores = ['delete_memory', 'create_memory_store', 'delete_memory_store']
  return {
    ...Object.fromEntries(same.map((name) => [name, name])),
    ...Object.fromEntries([...memory, ...stores].map((name) => [name, 'memory' as const])),
    completion: 'text_completion',
    embedding: 'embeddings',
    rerank: 'retrieval',
    agent_step: 'invoke_workflow',
  }
}

function mcpOperation(value: AttributeValue): Operation | undefined {
  if (value === 'tools/call') return 'execute_tool'
  return text(value) === undefined ? undefined : 'mcp'
}

/** One reason, a list or a list as JSON. */
function reasons(value: AttributeValue): readonly string[] | undefined {
  const given = typeof value === 'string' ? (fromJson(value) ?? [value]) : plain(value)
  if (!Array.isArray(given) || given.length === 0) return undefined
  return given.every((reason) => typeof reason === 'string') ? given : undefined
}
