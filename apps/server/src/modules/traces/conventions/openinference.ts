import { messagesIn } from './messages.ts'
import type { FlatForm, FlatPlace } from './flat-messages.ts'
import { provider } from './providers.ts'
import { oneOf, tell, tellOnlyThere, type RuleDraft } from './rules.ts'
import { count, dollars, raw, structure, text } from './values.ts'

/**
 * OpenInference, of Arize Phoenix and its instrumentations.
 * Source: https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
 *
 * Details of tokens are parts of `prompt` and `completion`. Kinds without an operation of their own (GUARDRAIL,
 * EVALUATOR, PROMPT) stay attributes. `llm.provider` hosts what `llm.system` made, so the former is the provider.
 */
export const openInference: readonly RuleDraft[] = [
  ...tell(
    'operation',
    oneOf({
      LLM: 'chat',
      EMBEDDING: 'embeddings',
      RETRIEVER: 'retrieval',
      RERANKER: 'retrieval',
      TOOL: 'execute_tool',
      AGENT: 'invoke_agent',
      CHAIN: 'invoke_workflow',
    } as const),
    'openinference.span.kind',
  ),
  ...tell('provider', provider, ['llm.provider', 'llm.system']),
  ...tell('requestModel', text, 'llm.request.model_name'),
  ...tell('model', text, [
    'llm.response.model_name',
    'llm.model_name',
    'embedding.model_name',
    'reranker.model_name',
  ]),
  ...tellOnlyThere('agent', text, 'agent.name'),
  ...tellOnlyThere('tool', text, 'tool.name'),
  ...tellOnlyThere('toolCallId', text, ['tool.id', 'tool_call.id']),

  ...tell('promptTokens', count, 'llm.token_count.prompt'),
  ...tell('cacheReadTokens', count, [
    'llm.token_count.prompt_details.cache_read',
    'llm.token_count.prompt_details.cache_input',
  ]),
  ...tell('cacheWriteTokens', count, 'llm.token_count.prompt_details.cache_write'),
  ...tell('completionTokens', count, 'llm.token_count.completion'),
  ...tell('reasoningTokens', count, 'llm.token_count.completion_details.reasoning'),
  ...tell('totalTokens', count, 'llm.token_count.total'),
  ...tell('costNanoUsd', dollars, 'llm.cost.total'),
  ...tell('costPartNanoUsd', dollars, ['llm.cost.prompt', 'llm.cost.completion']),

  ...tellOnlyThere('input', raw, 'input.value'),
  ...tellOnlyThere('output', raw, 'output.value'),
  ...tellOnlyThere('toolArguments', structure, 'tool.parameters'),
  ...tellOnlyThere('inputMessages', messagesIn('user'), ['llm.prompts', 'reranker.query']),
]

/** Messages, and the prompts and choices of completions that are no chat. */
export const openInferenceForms: readonly FlatForm[] = [
  form('llm.input_messages.', 'input', placeInMessage),
  form('llm.output_messages.', 'output', placeInMessage),
  form('llm.prompts.', 'input', placeInCompletion),
  form('llm.choices.', 'output', placeInCompletion),
]

const MESSAGE =
  /^(0|[1-9]\d{0,5})\.message\.(?:(role|content|tool_call_id)|contents\.(0|[1-9]\d{0,5})\.message_content\.(type|text|image\.image\.url|audio\.audio\.url|audio\.audio\.mime_type|video\.video\.url)|tool_calls\.(0|[1-9]\d{0,5})\.tool_call\.(id|function\.name|function\.arguments))$/

const COMPLETION = /^(0|[1-9]\d{0,5})\.(?:prompt|completion)\.text$/

/** Fields by the end of the attribute's name, as the readers of messages and parts know them. */
const FIELDS: Readonly<Record<string, string>> = {
  tool_call_id: 'callId',
  'image.image.url': 'uri',
  'audio.audio.url': 'uri',
  'video.video.url': 'uri',
  'audio.audio.mime_type': 'mime_type',
  'function.name': 'name',
  'function.arguments': 'arguments',
}

function form(prefix: string, direction: FlatForm['direction'], placeOf: FlatForm['placeOf']): FlatForm {
  return { convention: 'openinference', prefix, direction, placeOf }
}

function placeInMessage(path: string): FlatPlace | null {
  const found = MESSAGE.exec(path)
  if (found === null) return null
  const [, message = '', own, part, ofPart, call, ofCall] = found
  const field = own ?? ofPart ?? ofCall ?? ''
  const list = part !== undefined ? 'parts' : call !== undefined ? 'calls' : null
  return { message, list, item: part ?? call ?? '', field: FIELDS[field] ?? field }
}

function placeInCompletion(path: string): FlatPlace | null {
  const message = COMPLETION.exec(path)?.[1]
  return message === undefined ? null : { message, list: null, item: '', field: 'content' }
}
