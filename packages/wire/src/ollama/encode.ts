import { dropCacheMarks, splitTools } from '../shared/conversation.ts'
import { createFidelity, type FidelityCollector } from '../shared/fidelity.ts'
import { compact, objectOf } from '../shared/json.ts'
import { effortOfBudget } from '../shared/thinking.ts'
import type { EncodedRequest, ModelFacts } from '../spec/dialect.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { ModelRequest } from '../spec/request.ts'
import { encodeMessages } from './messages.ts'

/** https://docs.ollama.com/api/chat */
export function encodeRequest(request: ModelRequest, facts: ModelFacts = {}): EncodedRequest {
  const notes = createFidelity()
  const messages = encodeMessages(request.system, request.messages, notes)
  const tools = encodeTools(request, notes)
  const own = request.providerOptions?.ollama ?? {}
  const options = compact({
    temperature: request.temperature,
    top_p: request.topP,
    top_k: request.topK,
    seed: request.seed,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
    stop: request.stopSequences?.length ? request.stopSequences : undefined,
    num_predict: request.maxOutputTokens,
    num_ctx: contextSize(messages, tools, request, facts, notes),
    ...objectOf(own['options']),
  })
  const body = compact({
    model: request.model,
    messages,
    tools: tools.length > 0 ? tools : undefined,
    format: encodeFormat(request),
    think: encodeThinking(request, notes),
    stream: request.stream,
    ...own,
    options: Object.keys(options).length > 0 ? options : undefined,
  })
  if (request.parallelToolCalls === false)
    notes.dropped('parallelToolCalls', 'calls cannot be limited to one')
  if (request.endUserId !== undefined) notes.dropped('endUserId', 'no such setting here')
  dropCacheMarks(request, notes)
  return { path: '/api/chat', headers: { 'content-type': 'application/json' }, body, fidelity: notes.notes }
}

/** The choice itself has no word: no tools are sent for `none`, and only the named one for `named`. */
function encodeTools(request: ModelRequest, notes: FidelityCollector): JsonObject[] {
  const { functions, provider } = splitTools('ollama', request, notes)
  const choice = request.toolChoice
  if (choice?.type === 'none') return []
  if (choice?.type === 'required' || choice?.type === 'named') {
    notes.dropped('toolChoice', 'a call cannot be forced here')
  }
  const offered = choice?.type === 'named' ? functions.filter((tool) => tool.name === choice.name) : functions
  const encoded = offered.map(({ name, description, inputSchema }) => ({
    type: 'function',
    function: compact({ name, description, parameters: inputSchema }),
  }))
  return [...encoded, ...provider]
}

function encodeFormat({ responseFormat }: ModelRequest): JsonValue | undefined {
  return responseFormat?.type === 'json' ? (responseFormat.schema ?? 'json') : undefined
}

/** Levels are words of gpt-oss only; other models think or do not. */
function encodeThinking({ model, thinking }: ModelRequest, notes: FidelityCollector): JsonValue | undefined {
  if (!thinking) return undefined
  const isLevelled = model.includes('gpt-oss')
  if (!thinking.enabled) {
    if (isLevelled) notes.renamed('thinking', 'this model always thinks; as little as it can')
    return isLevelled ? 'low' : false
  }
  const effort =
    thinking.effort ??
    (thinking.budgetTokens === undefined ? undefined : effortOfBudget(thinking.budgetTokens))
  if (!isLevelled) {
    if (effort !== undefined) notes.dropped('thinking.effort', 'this model thinks or does not')
    return true
  }
  return effort === undefined ? true : levels[effort]
}

const levels = { minimal: 'low', low: 'low', medium: 'medium', high: 'high', max: 'high' } as const

/**
 * A prompt beyond `num_ctx` is cut silently from its beginning, and the server's own default is small. So room is
 * asked for when the conversation may need it: in powers of two, since each change loads the model anew.
 */
function contextSize(
  messages: JsonObject[],
  tools: JsonObject[],
  request: ModelRequest,
  facts: ModelFacts,
  notes: FidelityCollector,
): number | undefined {
  const promptTokens = Math.ceil((lengthOf(messages) + JSON.stringify(tools).length) / charactersPerToken)
  const needed = promptTokens + (request.maxOutputTokens ?? defaultOutputTokens)
  if (needed <= serverDefault) return undefined
  const size = Math.min(2 ** Math.ceil(Math.log2(needed)), facts.contextWindow ?? Number.POSITIVE_INFINITY)
  notes.defaulted('num_ctx', `${size}, so that the server does not cut the conversation`)
  return size
}

/** Text only: what an image costs depends on the model, and its Base64 says nothing of it. */
function lengthOf(messages: JsonObject[]): number {
  return JSON.stringify(messages, (key, value: JsonValue) => (key === 'images' ? undefined : value)).length
}

/** On the safe side for most scripts and for code. */
const charactersPerToken = 3
const defaultOutputTokens = 1024
const serverDefault = 4096
