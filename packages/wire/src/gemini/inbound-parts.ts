import { dataFor } from '../shared/conversation.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'
import type { Finish, GeneratedFile, SourcePart, ToolCall } from '../spec/stream.ts'
import { inputTokens, totalTokens, type Usage } from '../spec/usage.ts'
import { type Carried, signatureFor } from './inbound-state.ts'

/** The signature of a part, which is Google's own or carries another provider's state. */
export function signed(
  state: ProviderData | undefined,
  carried: (state: ProviderData) => Carried,
): JsonObject {
  if (!state) return {}
  if (state.dialect !== 'gemini') return { thoughtSignature: signatureFor(carried(state)) }
  const thoughtSignature = dataFor('gemini', state)?.['thoughtSignature']
  return thoughtSignature === undefined ? {} : { thoughtSignature }
}

const ofPart = (state: ProviderData): Carried => ({ of: 'part', state })

/** A part of the reply as it is: text or thought that came whole, with its signature. */
export function encodeText(
  type: 'text' | 'reasoning',
  text: string,
  state: ProviderData | undefined,
): JsonObject {
  return { text, ...(type === 'reasoning' && { thought: true }), ...signed(state, ofPart) }
}

/** Thoughts that the client did not ask to see: nothing of them is shown but what must come back. */
export function encodeHidden(text: string, state: ProviderData | undefined): JsonObject | undefined {
  const signature = signed(state, (given) => ({ of: 'thought', text, state: given }))
  return signature['thoughtSignature'] === undefined ? undefined : { text: '', thought: true, ...signature }
}

/** https://ai.google.dev/api/caching#FunctionCall */
export function encodeCall({ id, name, args, providerData }: ToolCall): JsonObject {
  return { functionCall: { id, name, args }, ...signed(providerData, ofPart) }
}

export function encodeFile({ mimeType, data, providerData }: GeneratedFile): JsonObject {
  return { inlineData: { mimeType, data }, ...signed(providerData, ofPart) }
}

/** What another provider's own tools did has no part here; the signature of an empty thought carries it. */
export function encodeItem(state: ProviderData): JsonObject {
  if (state.dialect === 'gemini') return state.data
  return { text: '', thought: true, thoughtSignature: signatureFor({ of: 'item', state }) }
}

/** How a candidate ended, and what it cites. https://ai.google.dev/api/generate-content#candidate */
export function encodeEnd(
  reason: Finish['reason'],
  sources: readonly SourcePart[],
  malformed: ToolCall | undefined,
): JsonObject {
  const chunks = sources.flatMap(({ url, title }) =>
    url === undefined ? [] : [{ web: title === undefined ? { uri: url } : { uri: url, title } }],
  )
  return {
    ...(malformed
      ? {
          finishReason: 'MALFORMED_FUNCTION_CALL',
          finishMessage: `Malformed function call: ${malformed.name}`,
        }
      : { finishReason: finishReasonOf(reason) }),
    ...(chunks.length > 0 && { groundingMetadata: { groundingChunks: chunks } }),
  }
}

/** https://ai.google.dev/api/generate-content#FinishReason; calls are announced as STOP. */
function finishReasonOf({ unified, raw }: Finish['reason']): string {
  switch (unified) {
    case 'stop':
    case 'tool-calls':
      return 'STOP'
    case 'length':
    case 'context-window':
      return 'MAX_TOKENS'
    case 'content-filter':
    case 'refusal':
      return filterReasons.has(raw) ? raw : 'SAFETY'
    default:
      return otherReasons.has(raw) ? raw : 'OTHER'
  }
}

const filterReasons: ReadonlySet<string> = new Set([
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
])

const otherReasons: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'NO_IMAGE',
  'IMAGE_OTHER',
])

/**
 * The prompt includes what came from a cache; thoughts are counted beside the candidates. Nothing is said of a usage
 * that the provider never told. https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function encodeUsage(usage: Usage): JsonObject {
  if (usage.missing) return {}
  const { input, output } = usage
  return {
    usageMetadata: {
      promptTokenCount: inputTokens(usage),
      ...(input.cacheRead > 0 && { cachedContentTokenCount: input.cacheRead }),
      candidatesTokenCount: output.text,
      ...(output.reasoning > 0 && { thoughtsTokenCount: output.reasoning }),
      totalTokenCount: totalTokens(usage),
    },
  }
}
