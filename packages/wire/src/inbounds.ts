import { anthropicInbound } from './anthropic-messages/inbound.ts'
import { geminiInbound } from './gemini/inbound.ts'
import { ollamaInbound } from './ollama/inbound.ts'
import { openaiChatInbound } from './openai-chat/inbound.ts'
import { openaiResponsesInbound } from './openai-responses/inbound.ts'
import type { DialectName } from './spec/dialect-name.ts'
import type { Inbound } from './spec/inbound.ts'

/** The server's side of every dialect by name. */
export const inbounds: Record<DialectName, Inbound> = {
  'anthropic-messages': anthropicInbound,
  'openai-chat': openaiChatInbound,
  'openai-responses': openaiResponsesInbound,
  gemini: geminiInbound,
  ollama: ollamaInbound,
}
