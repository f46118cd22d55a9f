import type { AttributeValue } from '@atrium/wire/otlp'
import type { MessagePart, Operation, SpanMessage } from '../facts.ts'
import { messagesIn } from './messages.ts'
import { provider } from './providers.ts'
import { oneOf, tell, tellUnmarked, type RuleDraft } from './rules.ts'
import { count, milliseconds, raw, structure, text } from './values.ts'

/**
 * Vercel's AI SDK 3 to 6, and 7 with its `LegacyOpenTelemetry`; what else 7 writes is OpenTelemetry's.
 * Source: https://ai-sdk.dev/docs/ai-sdk-core/telemetry
 *
 * `ai.generateText` holds one or more `ai.generateText.doGenerate`, and both tell the same usage. Only the inner
 * span is a call of a model; the outer one is the agent that makes the calls, named by its `functionId`.
 */
export const vercelAi: readonly RuleDraft[] = [
  ...tell('operation', oneOf(operations()), 'ai.operationId'),
  ...tell('provider', provider, 'ai.model.provider'),
  ...tell('requestModel', text, 'ai.model.id'),
  ...tell('model', text, 'ai.response.model'),
  ...tell('agent', text, 'ai.telemetry.functionId'),
  ...tell('tool', text, 'ai.toolCall.name'),
  ...tell('toolCallId', text, 'ai.toolCall.id'),
  ...tell('session', text, 'ai.telemetry.metadata.sessionId'),
  ...tell('user', text, 'ai.telemetry.metadata.userId'),
  ...tellUnmarked('session', text, 'ai.settings.context.sessionId'),
  ...tellUnmarked('user', text, 'ai.settings.context.userId'),

  ...tell('promptTokens', count, ['ai.usage.inputTokens', 'ai.usage.promptTokens', 'ai.usage.tokens']),
  ...tell('uncachedTokens', count, 'ai.usage.inputTokenDetails.noCacheTokens'),
  ...tell('cacheReadTokens', count, [
    'ai.usage.inputTokenDetails.cacheReadTokens',
    'ai.usage.cachedInputTokens',
  ]),
  ...tell('cacheWriteTokens', count, 'ai.usage.inputTokenDetails.cacheWriteTokens'),
  ...tell('completionTokens', count, ['ai.usage.outputTokens', 'ai.usage.completionTokens']),
  ...tell('textTokens', count, 'ai.usage.outputTokenDetails.textTokens'),
  ...tell('reasoningTokens', count, [
    'ai.usage.outputTokenDetails.reasoningTokens',
    'ai.usage.reasoningTokens',
  ]),
  ...tell('totalTokens', count, 'ai.usage.totalTokens'),
  ...tell('firstTokenNs', milliseconds, ['ai.response.msToFirstChunk', 'ai.stream.msToFirstChunk']),

  ...tell('inputMessages', messagesIn('user'), ['ai.prompt.messages', 'ai.prompt']),
  ...tell('inputMessages', embedded, ['ai.value', 'ai.values']),
  ...tell('responseText', text, [
    'ai.response.text',
    'ai.response.object',
    'ai.result.text',
    'ai.result.object',
  ]),
  ...tell('responseReasoning', text, 'ai.response.reasoning'),
  ...tell('responseToolCalls', raw, ['ai.response.toolCalls', 'ai.result.toolCalls']),
  ...tell('finishReasons', (value) => (typeof value === 'string' ? [value] : undefined), [
    'ai.response.finishReason',
    'ai.finishReason',
  ]),
  ...tell('toolArguments', structure, 'ai.toolCall.args'),
  ...tell('toolResult', structure, 'ai.toolCall.result'),
]

function operations(): Readonly<Record<string, Operation>> {
  const outer: Readonly<Record<string, Operation>> = {
    'ai.generateText': 'invoke_agent',
    'ai.streamText': 'invoke_agent',
    'ai.generateObject': 'invoke_agent',
    'ai.streamObject': 'invoke_agent',
    'ai.embed': 'invoke_workflow',
    'ai.embedMany': 'invoke_workflow',
    'ai.rerank': 'invoke_workflow',
  }
  return {
    ...outer,
    'ai.generateText.doGenerate': 'chat',
    'ai.streamText.doStream': 'chat',
    'ai.generateObject.doGenerate': 'chat',
    'ai.streamObject.doStream': 'chat',
    'ai.embed.doEmbed': 'embeddings',
    'ai.embedMany.doEmbed': 'embeddings',
    'ai.rerank.doRerank': 'retrieval',
    'ai.toolCall': 'execute_tool',
  }
}

/** What was embedded: texts, each as a JSON string. */
function embedded(value: AttributeValue): readonly SpanMessage[] | undefined {
  const values = Array.isArray(value) ? value : [value]
  if (!values.every((one) => typeof one === 'string' && one.length > 0)) return undefined
  const parts = values.map((one): MessagePart => ({ type: 'text', content: unquoted(one) }))
  return [{ role: 'user', parts, finishReason: null }]
}

function unquoted(json: string): string {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'string' ? value : json
  } catch {
    return json
  }
}
