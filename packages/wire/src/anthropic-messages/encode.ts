import { dropMembers, hoistSystem, splitTools, withContinuation } from '../shared/conversation.ts'
import { createFidelity, type FidelityCollector } from '../shared/fidelity.ts'
import { compact, objectOf } from '../shared/json.ts'
import type { EncodedRequest, ModelFacts } from '../spec/dialect.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ModelRequest } from '../spec/request.ts'
import { limitCacheMarks, marked } from './cache.ts'
import { encodeMessages, encodeText } from './messages.ts'
import { type ClaudeTraits, traitsOf } from './models.ts'
import { encodeSettings, maxTokens } from './settings.ts'

/** https://platform.claude.com/docs/en/api/messages */
export function encodeRequest(request: ModelRequest, facts: ModelFacts = {}): EncodedRequest {
  const notes = createFidelity()
  const traits = traitsOf(request.model)
  const conversation = hoistSystem(request.system, messagesOf(request, traits, notes), notes)
  const maximum = maxTokens(request, facts, notes)
  const settings = encodeSettings(request, traits, maximum, notes)
  const body = compact({
    model: request.model,
    max_tokens: maximum,
    system: noneIfEmpty([...conversation.system.flatMap(encodeText), ...settings.instructions]),
    messages: trimEnd(encodeMessages(conversation.messages, notes), notes),
    tools: noneIfEmpty(encodeTools(request, notes)),
    tool_choice: encodeToolChoice(request, settings.thinks, notes),
    ...settings.members,
    metadata: request.endUserId === undefined ? undefined : { user_id: request.endUserId },
    stream: request.stream || undefined,
  })
  dropMembers(request, ['seed', 'presencePenalty', 'frequencyPenalty'], notes)
  limitCacheMarks(body, notes)
  return {
    path: '/v1/messages',
    headers: { 'content-type': 'application/json', ...betaHeader(body) },
    body: withOptions(body, request.providerOptions?.['anthropic-messages'] ?? {}),
    fidelity: notes.notes,
  }
}

/** Options lie over the body; those of the output beside what the neutral request says of it. */
function withOptions(body: JsonObject, options: JsonObject): JsonObject {
  const output = { ...objectOf(body['output_config']), ...objectOf(options['output_config']) }
  return { ...body, ...options, ...(Object.keys(output).length > 0 && { output_config: output }) }
}

/** Thinking and the newest models exclude prefill. */
function messagesOf(request: ModelRequest, traits: ClaudeTraits, notes: FidelityCollector) {
  return traits.prefill && !request.thinking?.enabled ? request.messages : withContinuation(request, notes)
}

/** A final assistant turn must not end in white space. */
function trimEnd(turns: ReturnType<typeof encodeMessages>, notes: FidelityCollector): JsonObject[] {
  const last = turns.at(-1)
  const block = last?.content.at(-1)
  if (last?.role === 'assistant' && typeof block?.['text'] === 'string') {
    const trimmed = block['text'].trimEnd()
    if (trimmed !== block['text'])
      notes.dropped('messages.prefill', 'white space at the end of the last turn')
    last.content[last.content.length - 1] = { ...block, text: trimmed }
  }
  return turns.map(({ role, content }) => ({ role, content }))
}

function encodeTools(request: ModelRequest, notes: FidelityCollector): JsonObject[] {
  const { functions, provider } = splitTools('anthropic-messages', request, notes)
  const encoded = functions.map(({ name, description, inputSchema, strict, cache }) =>
    marked(
      compact({
        name,
        description,
        input_schema: inputSchema['type'] === undefined ? { type: 'object', ...inputSchema } : inputSchema,
        strict: strict || undefined,
      }),
      cache,
    ),
  )
  return [...encoded, ...provider]
}

function encodeToolChoice(
  request: ModelRequest,
  thinks: boolean,
  notes: FidelityCollector,
): JsonObject | undefined {
  const single = request.parallelToolCalls === false
  const choice = request.toolChoice ?? { type: 'auto' }
  if (!request.tools?.length || (!request.toolChoice && !single)) return undefined
  if (choice.type === 'none') return { type: 'none' }
  const one: JsonObject = single ? { disable_parallel_tool_use: true } : {}
  if (choice.type === 'auto') return { type: 'auto', ...one }
  if (thinks) {
    notes.dropped('toolChoice', 'a call cannot be forced while the model thinks')
    return { type: 'auto', ...one }
  }
  return choice.type === 'required' ? { type: 'any', ...one } : { type: 'tool', name: choice.name, ...one }
}

function betaHeader(body: JsonObject): Record<string, string> {
  return JSON.stringify(body['messages']).includes('"file_id":')
    ? { 'anthropic-beta': 'files-api-2025-04-14' }
    : {}
}

function noneIfEmpty(list: JsonObject[]): JsonObject[] | undefined {
  return list.length > 0 ? list : undefined
}
