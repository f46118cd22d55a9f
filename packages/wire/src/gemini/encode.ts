import {
  dropCacheMarks,
  dropMembers,
  hoistSystem,
  splitTools,
  withContinuation,
} from '../shared/conversation.ts'
import { createFidelity, type FidelityCollector } from '../shared/fidelity.ts'
import { compact, objectOf } from '../shared/json.ts'
import { budgetOfEffort, effortOfBudget } from '../shared/thinking.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { EncodedRequest } from '../spec/dialect.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ModelRequest, Thinking, ToolChoice } from '../spec/request.ts'
import { encodeContents } from './messages.ts'
import { isBeforeGemini3 } from './models.ts'

/** https://ai.google.dev/api/generate-content */
export function encodeRequest(request: ModelRequest): EncodedRequest {
  const notes = createFidelity()
  const conversation = hoistSystem(request.system, withContinuation(request, notes), notes)
  const tools = encodeTools(request, notes)
  const own = request.providerOptions?.gemini ?? {}
  const generationConfig = { ...encodeConfig(request, notes), ...objectOf(own['generationConfig']) }
  const system = conversation.system.filter((part) => part.text !== '').map(({ text }) => ({ text }))
  const body = compact({
    systemInstruction: system.length > 0 ? { parts: system } : undefined,
    contents: encodeContents(request.model, conversation.messages, notes).map(({ role, parts }) => ({
      role,
      parts,
    })),
    tools: tools.length > 0 ? tools : undefined,
    toolConfig:
      tools.length > 0 && request.toolChoice
        ? { functionCallingConfig: encodeToolChoice(request.toolChoice) }
        : undefined,
    ...own,
    generationConfig: Object.keys(generationConfig).length > 0 ? generationConfig : undefined,
  })
  if (request.parallelToolCalls === false)
    notes.dropped('parallelToolCalls', 'calls cannot be limited to one')
  dropMembers(request, ['endUserId'], notes)
  dropCacheMarks(request, notes)
  return {
    path: pathOf(request),
    headers: { 'content-type': 'application/json' },
    body,
    fidelity: notes.notes,
  }
}

/** Without `alt=sse` the stream would be one long JSON array. */
function pathOf({ model, stream }: ModelRequest): string {
  const name = encodeURIComponent(model.replace(/^models\//u, ''))
  return `/v1beta/models/${name}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
}

function encodeTools(request: ModelRequest, notes: FidelityCollector): JsonObject[] {
  const { functions, provider } = splitTools('gemini', request, notes)
  if (functions.length === 0) return provider
  const functionDeclarations = functions.map(({ name, description, inputSchema }) =>
    compact({ name, description, parametersJsonSchema: inputSchema }),
  )
  return [{ functionDeclarations }, ...provider]
}

/** https://ai.google.dev/gemini-api/docs/function-calling#function_calling_modes */
function encodeToolChoice(choice: ToolChoice): JsonObject {
  switch (choice.type) {
    case 'auto':
      return { mode: 'AUTO' }
    case 'none':
      return { mode: 'NONE' }
    case 'required':
      return { mode: 'ANY' }
    case 'named':
      return { mode: 'ANY', allowedFunctionNames: [choice.name] }
    default:
      return unreachable(choice)
  }
}

function encodeConfig(request: ModelRequest, notes: FidelityCollector): JsonObject {
  const { responseFormat, stopSequences } = request
  const json = responseFormat?.type === 'json' ? responseFormat : undefined
  if ((stopSequences?.length ?? 0) > maxStops) {
    notes.dropped('stopSequences', `only the first ${maxStops} are read`)
  }
  return compact({
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    seed: request.seed,
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    stopSequences: stopSequences?.length ? stopSequences.slice(0, maxStops) : undefined,
    responseMimeType: json ? 'application/json' : undefined,
    responseJsonSchema: json?.schema,
    thinkingConfig: request.thinking && encodeThinking(request.model, request.thinking, notes),
  })
}

const maxStops = 5

/** Gemini 3 and later know levels, 2.5 a budget. https://ai.google.dev/gemini-api/docs/thinking */
function encodeThinking(model: string, thinking: Thinking, notes: FidelityCollector): JsonObject | undefined {
  const isLevelled = !isBeforeGemini3(model)
  if (!thinking.enabled) return withoutThinking(model, isLevelled, notes)
  if (isLevelled) {
    if (thinking.budgetTokens !== undefined) notes.renamed('thinking.budgetTokens', 'said as a level')
    const effort =
      thinking.effort ??
      (thinking.budgetTokens === undefined ? undefined : effortOfBudget(thinking.budgetTokens))
    return compact({ includeThoughts: true, thinkingLevel: effort && levelOf(effort, model) })
  }
  if (thinking.budgetTokens === undefined && thinking.effort !== undefined) {
    notes.renamed('thinking.effort', 'said as a budget of tokens')
  }
  const budget = thinking.budgetTokens ?? (thinking.effort && budgetOfEffort(thinking.effort))
  const ceiling = model.includes('pro') ? 32_768 : 24_576
  return compact({ includeThoughts: true, thinkingBudget: budget && Math.min(budget, ceiling) })
}

function levelOf(effort: NonNullable<Thinking['effort']>, model: string): string {
  if (effort === 'max') return 'high'
  return effort === 'minimal' && model.includes('pro') ? 'low' : effort
}

function withoutThinking(model: string, isLevelled: boolean, notes: FidelityCollector): JsonObject {
  const isPro = model.includes('pro')
  if (isPro || isLevelled)
    notes.renamed('thinking', 'cannot be turned off here; as little as the model allows')
  if (isLevelled) return { thinkingLevel: isPro ? 'low' : 'minimal' }
  return { thinkingBudget: isPro ? 128 : 0 }
}
