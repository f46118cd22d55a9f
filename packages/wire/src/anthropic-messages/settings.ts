import type { FidelityCollector } from '../shared/fidelity.ts'
import { compact } from '../shared/json.ts'
import { budgetOfEffort, effortOfBudget } from '../shared/thinking.ts'
import type { ModelFacts } from '../spec/dialect.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ModelRequest } from '../spec/request.ts'
import type { ClaudeTraits } from './models.ts'

/** The API requires a limit; it must not exceed what the model can write. */
export function maxTokens(request: ModelRequest, facts: ModelFacts, notes: FidelityCollector): number {
  const asked = request.maxOutputTokens
  if (asked === undefined) {
    const maximum = facts.maxOutputTokens ?? fallbackMaxTokens
    notes.defaulted('maxOutputTokens', `max_tokens is required here: ${maximum}`)
    return maximum
  }
  if (facts.maxOutputTokens !== undefined && asked > facts.maxOutputTokens) {
    notes.defaulted('maxOutputTokens', `lowered to what the model can write: ${facts.maxOutputTokens}`)
    return facts.maxOutputTokens
  }
  return asked
}

const fallbackMaxTokens = 4096

export interface Settings {
  /** Whether the model will think, which rules out other settings. */
  thinks: boolean
  members: JsonObject
  /** What could only be said in words. */
  instructions: JsonObject[]
}

export function encodeSettings(
  request: ModelRequest,
  traits: ClaudeTraits,
  maximum: number,
  notes: FidelityCollector,
): Settings {
  const thinking = encodeThinking(request, traits, maximum, notes)
  const thinks = thinking.thinking?.['type'] === 'enabled' || thinking.thinking?.['type'] === 'adaptive'
  const format = encodeFormat(request, traits, notes)
  const outputConfig = compact({ effort: thinking.effort, format: format.format })
  return {
    thinks,
    members: {
      ...encodeSampling(request, traits, thinks, notes),
      stop_sequences: encodeStops(request, notes),
      thinking: thinking.thinking,
      output_config: Object.keys(outputConfig).length > 0 ? outputConfig : undefined,
    },
    instructions: format.instructions,
  }
}

/** https://platform.claude.com/docs/en/build-with-claude/extended-thinking and …/adaptive-thinking */
function encodeThinking(
  request: ModelRequest,
  traits: ClaudeTraits,
  maximum: number,
  notes: FidelityCollector,
): { thinking?: JsonObject; effort?: string } {
  const asked = request.thinking
  if (!asked) return {}
  if (!asked.enabled) return { thinking: { type: 'disabled' } }
  if (traits.adaptiveThinking) {
    if (asked.budgetTokens !== undefined) notes.renamed('thinking.budgetTokens', 'said as an effort')
    const effort =
      asked.effort ?? (asked.budgetTokens === undefined ? undefined : effortOfBudget(asked.budgetTokens))
    const thinking = { type: 'adaptive', display: 'summarized' }
    return effort === undefined ? { thinking } : { thinking, effort: effort === 'minimal' ? 'low' : effort }
  }
  if (continuesForeignCalls(request)) {
    notes.dropped('thinking', 'the calls being answered were made without thinking of this dialect')
    return {}
  }
  if (asked.budgetTokens === undefined) notes.renamed('thinking.effort', 'said as a budget of tokens')
  const wanted = asked.budgetTokens ?? budgetOfEffort(asked.effort ?? 'medium')
  const budget = Math.min(Math.max(wanted, minimumBudget), maximum - 1)
  if (budget >= minimumBudget) return { thinking: { type: 'enabled', budget_tokens: budget } }
  notes.dropped('thinking', 'the output limit leaves no room for it')
  return {}
}

const minimumBudget = 1024

/** With a budget, a turn that goes on after tool results must have begun with thinking of this API's own. */
function continuesForeignCalls({ messages }: ModelRequest): boolean {
  if (messages.at(-1)?.role !== 'tool') return false
  const caller = messages.findLast((message) => message.role === 'assistant')
  return !caller?.content.some(
    (part) => part.type === 'reasoning' && part.providerData?.dialect === 'anthropic-messages',
  )
}

function encodeSampling(
  request: ModelRequest,
  traits: ClaudeTraits,
  thinks: boolean,
  notes: FidelityCollector,
): JsonObject {
  const { temperature, topP, topK } = request
  if (!traits.sampling || thinks) {
    const why = thinks ? 'not together with thinking' : 'this model samples by its own settings'
    for (const member of ['temperature', 'topP', 'topK'] as const) {
      if (request[member] !== undefined) notes.dropped(member, why)
    }
    return {}
  }
  if (temperature !== undefined && temperature > 1) notes.renamed('temperature', 'the scale ends at 1 here')
  const drop = topP !== undefined && temperature !== undefined && !traits.jointSampling
  if (drop) notes.dropped('topP', 'not together with temperature')
  return {
    temperature: temperature === undefined ? undefined : Math.min(temperature, 1),
    top_p: drop ? undefined : topP,
    top_k: topK,
  }
}

function encodeStops({ stopSequences }: ModelRequest, notes: FidelityCollector): string[] | undefined {
  const kept = stopSequences?.filter((sequence) => sequence.trim() !== '')
  if (kept?.length !== stopSequences?.length) notes.dropped('stopSequences', 'a stop sequence of white space')
  return kept?.length ? kept : undefined
}

/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs; without it the schema is put in words. */
function encodeFormat(
  { responseFormat }: ModelRequest,
  traits: ClaudeTraits,
  notes: FidelityCollector,
): { format?: JsonObject; instructions: JsonObject[] } {
  if (responseFormat?.type !== 'json') return { instructions: [] }
  const { schema } = responseFormat
  if (schema && traits.structuredOutput) return { format: { type: 'json_schema', schema }, instructions: [] }
  notes.renamed('responseFormat', 'asked for in the instructions, which is not enforced')
  const shape = schema ? ` that matches this JSON schema: ${JSON.stringify(schema)}` : ''
  const text = `Reply with one JSON object${shape}. Write nothing before or after it.`
  return { instructions: [{ type: 'text', text }] }
}
