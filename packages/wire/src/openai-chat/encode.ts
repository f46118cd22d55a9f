import { dropCacheMarks, dropMembers, splitTools, withContinuation } from '../shared/conversation.ts'
import { createFidelity, type FidelityCollector } from '../shared/fidelity.ts'
import { compact } from '../shared/json.ts'
import { openAiEffort, openAiTraits, type OpenAiTraits } from '../shared/openai-models.ts'
import { effortOfBudget } from '../shared/thinking.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { EncodedRequest } from '../spec/dialect.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { ModelRequest, ToolChoice } from '../spec/request.ts'
import { encodeMessages } from './messages.ts'

/** https://platform.openai.com/docs/api-reference/chat/create */
export function encodeRequest(request: ModelRequest): EncodedRequest {
  const notes = createFidelity()
  const traits = openAiTraits(request.model)
  const messages = withContinuation(request, notes)
  const tools = encodeTools(request, notes)
  const body = compact({
    model: request.model,
    messages: encodeMessages(request.system, messages, notes),
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: tools.length > 0 && request.toolChoice ? encodeToolChoice(request.toolChoice) : undefined,
    parallel_tool_calls: tools.length > 0 ? request.parallelToolCalls : undefined,
    [traits.hosted ? 'max_completion_tokens' : 'max_tokens']: request.maxOutputTokens,
    ...encodeSampling(request, traits, notes),
    response_format: encodeFormat(request),
    reasoning_effort: encodeEffort(request, traits, notes),
    user: request.endUserId,
    stream: request.stream || undefined,
    stream_options: request.stream ? { include_usage: true } : undefined,
  })
  dropMembers(request, ['topK'], notes)
  dropCacheMarks(request, notes)
  return {
    path: '/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: { ...body, ...request.providerOptions?.['openai-chat'] },
    fidelity: notes.notes,
  }
}

function encodeTools(request: ModelRequest, notes: FidelityCollector): JsonObject[] {
  const { functions, provider } = splitTools('openai-chat', request, notes)
  const encoded = functions.map(({ name, description, inputSchema, strict }) => ({
    type: 'function',
    function: compact({ name, description, parameters: inputSchema, strict }),
  }))
  return [...encoded, ...provider]
}

function encodeToolChoice(choice: ToolChoice): JsonValue {
  switch (choice.type) {
    case 'auto':
    case 'none':
    case 'required':
      return choice.type
    case 'named':
      return { type: 'function', function: { name: choice.name } }
    default:
      return unreachable(choice)
  }
}

function encodeSampling(request: ModelRequest, traits: OpenAiTraits, notes: FidelityCollector): JsonObject {
  const { temperature, topP, seed, presencePenalty, frequencyPenalty, stopSequences } = request
  if (traits.reasons && !(request.thinking?.enabled === false && traits.off === 'none')) {
    for (const member of [
      'temperature',
      'topP',
      'presencePenalty',
      'frequencyPenalty',
      'stopSequences',
    ] as const) {
      if (request[member] !== undefined) notes.dropped(member, 'a reasoning model refuses it')
    }
    return { seed }
  }
  if (traits.hosted && (stopSequences?.length ?? 0) > maxStops) {
    notes.dropped('stopSequences', `only the first ${maxStops} are read`)
  }
  return {
    temperature,
    top_p: topP,
    seed,
    presence_penalty: presencePenalty,
    frequency_penalty: frequencyPenalty,
    stop: stopSequences?.length
      ? traits.hosted
        ? stopSequences.slice(0, maxStops)
        : stopSequences
      : undefined,
  }
}

const maxStops = 4

/** https://platform.openai.com/docs/guides/structured-outputs */
function encodeFormat({ responseFormat }: ModelRequest): JsonObject | undefined {
  if (responseFormat?.type !== 'json') return undefined
  const { name, schema, strict } = responseFormat
  if (!schema) return { type: 'json_object' }
  return { type: 'json_schema', json_schema: compact({ name: name ?? 'reply', schema, strict }) }
}

function encodeEffort(
  request: ModelRequest,
  traits: OpenAiTraits,
  notes: FidelityCollector,
): string | undefined {
  const { thinking } = request
  if (!thinking) return undefined
  if (traits.hosted && !traits.reasons) {
    if (thinking.enabled) notes.dropped('thinking', 'this model does not think')
    return undefined
  }
  if (!thinking.enabled) {
    if (!traits.off) notes.dropped('thinking', 'thinking cannot be turned off here')
    return traits.off
  }
  if (thinking.effort === undefined && thinking.budgetTokens === undefined) return undefined
  if (thinking.budgetTokens !== undefined) notes.renamed('thinking.budgetTokens', 'said as an effort')
  return openAiEffort(thinking.effort ?? effortOfBudget(thinking.budgetTokens ?? 0), traits)
}
