import { createFidelity, type FidelityCollector } from '../shared/fidelity.ts'
import { compact } from '../shared/json.ts'
import {
  booleanAt,
  integerAt,
  missing,
  numberAt,
  objectAt,
  positiveAt,
  requiredStringAt,
  stringAt,
} from '../shared/request-values.ts'
import { type DecodedRequest, type ReplyWishes, type RequestAddress, RequestError } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ModelRequest, ResponseFormat, Thinking, ThinkingEffort } from '../spec/request.ts'
import { decodeContents, decodeSystem } from './inbound-contents.ts'
import { decodeSchema } from './inbound-schema.ts'
import { allowedTools, decodeToolConfig, decodeTools } from './inbound-tools.ts'
import { bothCases, listOf, memberOf, othersOf } from './inbound-values.ts'

/**
 * `generateContent` and `streamGenerateContent`; model and method stand in the URL.
 * https://ai.google.dev/api/generate-content
 *
 * @throws RequestError
 */
export function decodeRequest(body: JsonObject, address: RequestAddress = {}): DecodedRequest {
  const notes = createFidelity()
  const model = address.model ?? stringAt(body['model'], 'model') ?? missing('model')
  const stream = address.stream ?? false
  const config = objectAt(memberOf(body, 'generationConfig'), 'generationConfig') ?? {}
  const toolConfig = decodeToolConfig(memberOf(body, 'toolConfig'))
  const thinking = decodeThinking(config)
  const request: ModelRequest = {
    model: model.replace(/^models\//u, ''),
    stream,
    system: decodeSystem(memberOf(body, 'systemInstruction'), notes),
    messages: decodeContents(body['contents'], notes),
    tools: allowedTools(decodeTools(body['tools'], notes), toolConfig, notes),
    toolChoice: toolConfig.toolChoice,
    ...decodeSampling(config, notes),
    responseFormat: decodeFormat(config),
    thinking: thinking.thinking,
  }
  const own = ownMembers(body, config, toolConfig.own)
  if (Object.keys(own).length > 0) request.providerOptions = { gemini: own }
  const wishes: ReplyWishes = {
    includeThoughts: thinking.shown,
    ...(stream && address.sse === false && { jsonArray: true }),
  }
  return { request, fidelity: notes.notes, wishes }
}

/** https://ai.google.dev/api/generate-content#generationconfig */
function decodeSampling(config: JsonObject, notes: FidelityCollector): Partial<ModelRequest> {
  const at = 'generationConfig'
  const number = (name: string) => numberAt(memberOf(config, name), `${at}.${name}`)
  const stops = listOf(memberOf(config, 'stopSequences'))
  if ((positiveAt(memberOf(config, 'candidateCount'), `${at}.candidateCount`) ?? 1) > 1) {
    notes.dropped('candidateCount', 'one candidate is given')
  }
  return {
    maxOutputTokens: positiveAt(memberOf(config, 'maxOutputTokens'), `${at}.maxOutputTokens`),
    temperature: number('temperature'),
    topP: number('topP'),
    topK: number('topK'),
    seed: integerAt(config['seed'], `${at}.seed`),
    presencePenalty: number('presencePenalty'),
    frequencyPenalty: number('frequencyPenalty'),
    stopSequences: stops?.map((stop, index) => requiredStringAt(stop, `${at}.stopSequences[${index}]`)),
  }
}

/** https://ai.google.dev/gemini-api/docs/structured-output */
function decodeFormat(config: JsonObject): ResponseFormat | undefined {
  const at = 'generationConfig'
  const type = stringAt(memberOf(config, 'responseMimeType'), `${at}.responseMimeType`)
  const json = objectAt(memberOf(config, 'responseJsonSchema'), `${at}.responseJsonSchema`)
  const openApi = memberOf(config, 'responseSchema')
  const schema = json ?? (openApi == null ? undefined : decodeSchema(openApi, `${at}.responseSchema`))
  if (type === 'application/json') return schema ? { type: 'json', schema } : { type: 'json' }
  if (schema && type !== enumType) {
    throw new RequestError("A response schema needs 'responseMimeType' to be 'application/json'.", at)
  }
  return undefined
}

/** One word of a list, which only Gemini knows as a format. */
const enumType = 'text/x.enum'

interface DecodedThinking {
  thinking?: Thinking
  /** Whether the reply may show thoughts. */
  shown: boolean
}

/** A budget of −1 leaves the amount to the model. https://ai.google.dev/gemini-api/docs/thinking */
function decodeThinking(config: JsonObject): DecodedThinking {
  const at = 'generationConfig.thinkingConfig'
  const thinking = objectAt(memberOf(config, 'thinkingConfig'), at)
  const shown = booleanAt(thinking && memberOf(thinking, 'includeThoughts'), `${at}.includeThoughts`) ?? false
  const budget = integerAt(thinking && memberOf(thinking, 'thinkingBudget'), `${at}.thinkingBudget`)
  const level = stringAt(thinking && memberOf(thinking, 'thinkingLevel'), `${at}.thinkingLevel`)
  if (budget === 0) return { thinking: { enabled: false }, shown }
  const effort = level === undefined ? undefined : effortOf(level, `${at}.thinkingLevel`)
  if (effort) return { thinking: { enabled: true, effort }, shown }
  if (budget !== undefined && budget > 0) return { thinking: { enabled: true, budgetTokens: budget }, shown }
  return shown || budget !== undefined ? { thinking: { enabled: true }, shown } : { shown }
}

function effortOf(level: string, at: string): ThinkingEffort | undefined {
  const word = level.toLowerCase()
  if (word === 'thinking_level_unspecified') return undefined
  const effort = (['minimal', 'low', 'medium', 'high'] as const).find((known) => known === word)
  if (effort) return effort
  throw new RequestError(
    `Invalid value for '${at}'. Supported values are: 'minimal', 'low', 'medium', 'high'.`,
    at,
  )
}

/** Members for Gemini alone, as the client spelled them. */
function ownMembers(body: JsonObject, config: JsonObject, toolConfig: JsonObject | undefined): JsonObject {
  const generationConfig = othersOf(config, neutralConfig)
  const type = memberOf(config, 'responseMimeType')
  if (type === enumType) {
    generationConfig['responseMimeType'] = type
    generationConfig['responseSchema'] = memberOf(config, 'responseSchema')
  }
  return compact({
    ...othersOf(body, neutralMembers),
    toolConfig,
    generationConfig: Object.keys(generationConfig).length > 0 ? generationConfig : undefined,
  })
}

const neutralMembers = bothCases(
  'model',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
)

const neutralConfig = bothCases(
  'candidateCount',
  'frequencyPenalty',
  'maxOutputTokens',
  'presencePenalty',
  'responseJsonSchema',
  'responseMimeType',
  'responseSchema',
  'seed',
  'stopSequences',
  'temperature',
  'thinkingConfig',
  'topK',
  'topP',
)
