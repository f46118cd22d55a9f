import type { DialectName } from './dialect-name.ts'
import type { JsonObject } from './json.ts'

/** One call to a model, in no provider's spelling. Every dialect encodes it, and says what it could not. */
export interface ModelRequest {
  /** The upstream model's own name. */
  model: string
  stream: boolean
  /** Instructions above the conversation. */
  system?: TextPart[] | undefined
  /**
   * The conversation, oldest first. When the last message is the assistant's, the reply continues its text
   * (Anthropic calls it prefill); dialects without that ask for a continuation in words.
   */
  messages: Message[]
  tools?: Tool[] | undefined
  toolChoice?: ToolChoice | undefined
  /** `false` asks for at most one tool call per reply. */
  parallelToolCalls?: boolean | undefined
  /** Ceiling on everything that the model writes, reasoning included. */
  maxOutputTokens?: number | undefined
  temperature?: number | undefined
  topP?: number | undefined
  topK?: number | undefined
  seed?: number | undefined
  presencePenalty?: number | undefined
  frequencyPenalty?: number | undefined
  stopSequences?: string[] | undefined
  responseFormat?: ResponseFormat | undefined
  thinking?: Thinking | undefined
  /** An opaque name of the person behind the call, for the provider's abuse detection. */
  endUserId?: string | undefined
  /** Members laid over the body as they are, and only by the dialect they are filed under. */
  providerOptions?: Partial<Record<DialectName, JsonObject>> | undefined
}

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** Instructions within the conversation (`system` or `developer` in the dialects that have them). */
export interface SystemMessage {
  role: 'system'
  content: TextPart[]
}

export interface UserMessage {
  role: 'user'
  content: UserPart[]
}

export interface AssistantMessage {
  role: 'assistant'
  content: AssistantPart[]
}

/** Answers to the tool calls of the assistant message before it, in any order. */
export interface ToolMessage {
  role: 'tool'
  content: ToolResultPart[]
}

export type UserPart = TextPart | ImagePart | FilePart
export type AssistantPart = TextPart | ReasoningPart | ToolCallPart | ImagePart | FilePart | ProviderItemPart
export type ToolResultContent = TextPart | ImagePart | FilePart

export interface TextPart {
  type: 'text'
  text: string
  providerData?: ProviderData | undefined
  cache?: CacheMark | undefined
}

/** What the model thought. Text and provider data are replayed unchanged, empty text included. */
export interface ReasoningPart {
  type: 'reasoning'
  text: string
  providerData?: ProviderData | undefined
}

export interface ImagePart {
  type: 'image'
  source: MediaSource
  detail?: 'low' | 'high' | 'auto' | undefined
  providerData?: ProviderData | undefined
  cache?: CacheMark | undefined
}

/** A document, a sound or a film; its MIME type says which. */
export interface FilePart {
  type: 'file'
  source: MediaSource
  filename?: string | undefined
  providerData?: ProviderData | undefined
  cache?: CacheMark | undefined
}

export type MediaSource =
  | { kind: 'base64'; mimeType: string; data: string }
  | { kind: 'url'; url: string; mimeType?: string | undefined }
  /** A file that was uploaded to a provider beforehand; unknown to every other. */
  | { kind: 'reference'; dialect: DialectName; id: string; mimeType?: string | undefined }

export interface ToolCallPart {
  type: 'tool-call'
  id: string
  name: string
  args: JsonObject
  /** The arguments as the model spelled them, replayed byte for byte where a dialect carries text. */
  rawArgs?: string | undefined
  providerData?: ProviderData | undefined
  cache?: CacheMark | undefined
}

export interface ToolResultPart {
  type: 'tool-result'
  toolCallId: string
  toolName: string
  content: ToolResultContent[]
  isError?: boolean | undefined
  cache?: CacheMark | undefined
}

/** Something with no neutral form (a search that the provider ran itself), kept so that it can be replayed. */
export interface ProviderItemPart {
  type: 'provider-item'
  providerData: ProviderData
}

/**
 * State that only its provider understands: signatures, encrypted reasoning, redacted thinking. It is replayed
 * unchanged to its own dialect and left out everywhere else.
 */
export interface ProviderData {
  dialect: DialectName
  data: JsonObject
}

/** "Everything up to here may be cached." Explicit in Anthropic's dialect, implied or absent elsewhere. */
export interface CacheMark {
  ttl: '5m' | '1h'
}

export type Tool = FunctionTool | ProviderTool

export interface FunctionTool {
  type: 'function'
  name: string
  description?: string | undefined
  /** JSON Schema of the arguments object. */
  inputSchema: JsonObject
  /** Asks the provider to enforce the schema. */
  strict?: boolean | undefined
  cache?: CacheMark | undefined
}

/** A tool that the provider itself runs, in that dialect's own spelling. */
export interface ProviderTool {
  type: 'provider'
  dialect: DialectName
  definition: JsonObject
}

export type ToolChoice =
  | { type: 'auto' }
  | { type: 'none' }
  /** At least one call, of any tool. */
  | { type: 'required' }
  | { type: 'named'; name: string }

export type ResponseFormat =
  | { type: 'text' }
  /** JSON, and when a schema is given JSON of that shape. */
  | {
      type: 'json'
      name?: string | undefined
      schema?: JsonObject | undefined
      strict?: boolean | undefined
    }

export type ThinkingEffort = 'minimal' | 'low' | 'medium' | 'high' | 'max'

/** How much the model may think first. Budget (tokens) and effort are two spellings; dialects convert. */
export interface Thinking {
  enabled: boolean
  budgetTokens?: number | undefined
  effort?: ThinkingEffort | undefined
}
