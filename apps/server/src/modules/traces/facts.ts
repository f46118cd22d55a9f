import type { Attributes } from '@atrium/wire/otlp'

/** What a span is about; names of OpenTelemetry's conventions for generative AI, 1.41. */
export type Operation =
  | 'chat'
  | 'text_completion'
  | 'generate_content'
  | 'embeddings'
  | 'retrieval'
  | 'create_agent'
  | 'invoke_agent'
  | 'invoke_workflow'
  | 'execute_tool'
  | 'plan'
  | 'memory'
  | 'mcp'

/** A part of a message; the shapes of `gen_ai.input.messages`. */
export type MessagePart =
  | { readonly type: 'text'; readonly content: string }
  | { readonly type: 'reasoning'; readonly content: string }
  | {
      readonly type: 'tool_call'
      readonly id: string | null
      readonly name: string
      readonly arguments: unknown
    }
  | { readonly type: 'tool_call_response'; readonly id: string | null; readonly response: unknown }
  | { readonly type: 'file'; readonly mediaType: string | null; readonly uri: string | null }
  /** Anything else, as it was sent. */
  | { readonly type: 'other'; readonly content: unknown }

export interface SpanMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly parts: readonly MessagePart[]
  readonly finishReason: string | null
}

/** Tokens by kind; null where nothing was told. The kinds never overlap. */
export interface SpanTokens {
  /** Input that was neither read from a cache nor written to one. */
  readonly input: number | null
  readonly cacheRead: number | null
  readonly cacheWrite: number | null
  /** Output that is not reasoning. */
  readonly output: number | null
  readonly reasoning: number | null
}

/** What is known of a span whichever convention its sender follows. */
export interface SpanFacts {
  /** Which convention it was read by; null for one that tells nothing of generative AI. */
  readonly convention: 'gen_ai' | 'openinference' | 'openllmetry' | 'vercel_ai' | 'langfuse' | null
  readonly operation: Operation | null
  readonly provider: string | null
  /** The model that answered, else the one that was asked. */
  readonly model: string | null
  readonly requestModel: string | null
  readonly agent: string | null
  readonly tool: string | null
  readonly toolCallId: string | null
  readonly session: string | null
  readonly user: string | null
  readonly team: string | null
  readonly project: string | null
  readonly environment: string | null
  /** Of the application: `service.version`, unless the convention names another. */
  readonly version: string | null
  readonly service: string | null
  readonly tokens: SpanTokens
  /** What the sender says it cost, in nano-dollars. */
  readonly costNanoUsd: bigint | null
  /** From the request to the first token, in nanoseconds. */
  readonly firstTokenNs: bigint | null
  readonly errorType: string | null
  readonly input: readonly SpanMessage[]
  readonly output: readonly SpanMessage[]
  /** Of a tool call. */
  readonly toolArguments: unknown
  readonly toolResult: unknown
  /** Attributes that none of the above has taken. */
  readonly rest: Attributes
}
