import type { IncomingHttpHeaders } from 'node:http'
import type { Json } from '../json.ts'
import type { Received } from '../received.ts'
import { estimateTokens } from '../tokens.ts'
import { anthropicMessages } from './anthropic-messages/index.ts'
import { readMessages } from './anthropic-messages/request.ts'
import type { Dialect, Target } from './dialect.ts'
import { embed } from './embeddings.ts'
import { gemini, geminiArray } from './gemini/index.ts'
import { receiveGemini } from './gemini/request.ts'
import {
  anthropicModels,
  geminiModels,
  ollamaModels,
  openaiModels,
  showOllamaModel,
  wantsAnthropicModels,
} from './models.ts'
import { ollama } from './ollama/index.ts'
import { openaiChat } from './openai-chat/index.ts'
import { openaiResponses } from './openai-responses/index.ts'

/** What an address leads to: an answer that scripts shape, or a small one given at once. */
export type Route =
  | { readonly kind: 'generate'; readonly dialect: Dialect; readonly target: Target }
  | { readonly kind: 'plain'; readonly dialect: Dialect; readonly answer: PlainAnswer }

/** Answers without a script. Throws a `Refusal`. */
type PlainAnswer = (body: Json, models: readonly string[]) => unknown

const inBody: Target = { model: undefined, stream: false }
const openaiEmbeddings: Dialect = { ...openaiChat, name: 'openai-embeddings' }

const routes: Record<string, Route> = {
  'POST /v1/chat/completions': generate(openaiChat),
  'POST /v1/responses': generate(openaiResponses),
  'POST /v1/embeddings': plain(openaiEmbeddings, embed),
  'POST /v1/messages': generate(anthropicMessages),
  'POST /v1/messages/count_tokens': plain(anthropicMessages, (body) => ({
    input_tokens: promptTokens(readMessages(body, undefined)),
  })),
  'GET /v1beta/models': plain(gemini, (_body, models) => geminiModels(models)),
  'POST /api/chat': generate(ollama),
  'GET /api/tags': plain(ollama, (_body, models) => ollamaModels(models)),
  'GET /api/version': plain(ollama, () => ({ version: '0.13.0' })),
  'POST /api/show': plain(ollama, showOllamaModel),
}

/** Finds what a method and address stand for; `undefined` when no provider has such an address. */
export function findRoute(method: string, url: URL, headers: IncomingHttpHeaders): Route | undefined {
  const address = `${method} ${url.pathname}`
  if (address === 'GET /v1/models') {
    return wantsAnthropicModels(headers)
      ? plain(anthropicMessages, (_body, models) => anthropicModels(models))
      : plain(openaiChat, (_body, models) => openaiModels(models))
  }
  return routes[address] ?? geminiRoute(method, url)
}

function geminiRoute(method: string, url: URL): Route | undefined {
  const match = /^\/v1(?:beta)?\/models\/(.+):(\w+)$/.exec(url.pathname)
  if (method !== 'POST' || match === null) return undefined
  const target = { model: decodeURIComponent(match[1] ?? ''), stream: match[2] !== 'generateContent' }
  switch (match[2]) {
    case 'generateContent':
      return { kind: 'generate', dialect: gemini, target }
    case 'streamGenerateContent': {
      const dialect = url.searchParams.get('alt') === 'sse' ? gemini : geminiArray
      return { kind: 'generate', dialect, target }
    }
    case 'countTokens':
      return plain(gemini, (body) => ({ totalTokens: promptTokens(receiveGemini(body, target)) }))
    default:
      return undefined
  }
}

function promptTokens(received: Received): number {
  return estimateTokens(received.system + received.turns.map((turn) => turn.text).join(''))
}

function generate(dialect: Dialect): Route {
  return { kind: 'generate', dialect, target: inBody }
}

function plain(dialect: Dialect, answer: PlainAnswer): Route {
  return { kind: 'plain', dialect, answer }
}
