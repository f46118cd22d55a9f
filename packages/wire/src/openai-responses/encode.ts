import { dropCacheMarks, dropMembers, splitTools, withContinuation } from '../shared/conversation.ts'
import { createFidelity, type FidelityCollector } from '../shared/fidelity.ts'
import { compact } from '../shared/json.ts'
import { openAiEffort, openAiTraits, type OpenAiTraits } from '../shared/openai-models.ts'
import { effortOfBudget } from '../shared/thinking.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { EncodedRequest } from '../spec/dialect.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { ModelRequest, ToolChoice } from '../spec/request.ts'
import { encodeInput } from './input.ts'

/** https://platform.openai.com/docs/api-reference/responses/create. Nothing is stored with the provider. */
export function encodeRequest(request: ModelRequest): EncodedRequest {
  const notes = createFidelity()
  const traits = openAiTraits(request.model)
  const tools = encodeTools(request, notes)
  const reasoning = encodeReasoning(request, traits, notes)
  const thinks = traits.reasons || request.thinking?.enabled === true
  const body = compact({
    model: request.model,
    instructions: request.system?.length ? request.system.map(({ text }) => text).join('\n\n') : undefined,
    input: encodeInput(withContinuation(request, notes), notes),
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: tools.length > 0 && request.toolChoice ? encodeToolChoice(request.toolChoice) : undefined,
    parallel_tool_calls: tools.length > 0 ? request.parallelToolCalls : undefined,
    max_output_tokens: request.maxOutputTokens,
    ...encodeSampling(request, traits, notes),
    text: encodeFormat(request),
    reasoning,
    include: thinks && !(traits.hosted && !traits.reasons) ? ['reasoning.encrypted_content'] : undefined,
    safety_identifier: request.endUserId,
    store: false,
    stream: request.stream || undefined,
  })
  dropMembers(request, ['topK', 'seed', 'presencePenalty', 'frequencyPenalty', 'stopSequences'], notes)
  dropCacheMarks(request, notes)
  return {
    path: '/responses',
    headers: { 'content-type': 'application/json' },
    body: { ...body, ...request.providerOptions?.['openai-responses'] },
    fidelity: notes.notes,
  }
}

/** `strict` is on unless it is turned off, and refuses ordinary schemas. */
function encodeTools(request: ModelRequest, notes: FidelityCollector): JsonObject[] {
  const { functions, provider } = splitTools('openai-responses', request, notes)
  const encoded = functions.map(({ name, description, inputSchema, strict }) =>
    compact({ type: 'function', name, description, parameters: inputSchema, strict: strict ?? false }),
  )
  return [...encoded, ...provider]
}

function encodeToolChoice(choice: ToolChoice): JsonValue {
  switch (choice.type) {
    case 'auto':
    case 'none':
    case 'required':
      return choice.type
    case 'named':
      return { type: 'function', name: choice.name }
    default:
      return unreachable(choice)
  }
}

function encodeSampling(request: ModelRequest, traits: OpenAiTraits, notes: FidelityCollector): JsonObject {
  if (!traits.reasons || (request.thinking?.enabled === false && traits.off === 'none')) {
    return { temperature: request.temperature, top_p: request.topP }
  }
  for (const member of ['temperature', 'topP'] as const) {
    if (request[member] !== undefined) notes.dropped(member, 'a reasoning model refuses it')
  }
  return {}
}

/** https://platform.openai.com/docs/guides/structured-outputs?api-mode=responses */
function encodeFormat({ responseFormat }: ModelRequest): JsonObject | undefined {
  if (responseFormat?.type !== 'json') return undefined
  const { name, schema, strict } = responseFormat
  if (!schema) return { format: { type: 'json_object' } }
  return { format: compact({ type: 'json_schema', name: name ?? 'reply', schema, strict }) }
}

/** https://platform.openai.com/docs/guides/reasoning */
function encodeReasoning(
  { thinking }: ModelRequest,
  traits: OpenAiTraits,
  notes: FidelityCollector,
): JsonObject | undefined {
  if (!thinking) return undefined
  if (traits.hosted && !traits.reasons) {
    if (thinking.enabled) notes.dropped('thinking', 'this model does not think')
    return undefined
  }
  if (!thinking.enabled) {
    if (!traits.off) notes.dropped('thinking', 'thinking cannot be turned off here')
    return traits.off && { effort: traits.off }
  }
  if (thinking.budgetTokens !== undefined) notes.renamed('thinking.budgetTokens', 'said as an effort')
  const effort =
    thinking.effort ??
    (thinking.budgetTokens === undefined ? undefined : effortOfBudget(thinking.budgetTokens))
  return compact({ effort: effort && openAiEffort(effort, traits), summary: 'auto' })
}
