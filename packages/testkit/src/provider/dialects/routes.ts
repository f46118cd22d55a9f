import type { IncomingHttpHeaders } from 'node:http'
import type { Json } from '../json.ts'
import { anthropicMessages } from './anthropic-messages/index.ts'
import type { Dialect, Target } from './dialect.ts'
import { anthropicModels, openaiModels, wantsAnthropicModels } from './models.ts'
import { openaiChat } from './openai-chat/index.ts'

/** What an address leads to: an answer that scripts shape, or a small one given at once. */
export type Route =
  | { readonly kind: 'generate'; readonly dialect: Dialect; readonly target: Target }
  | { readonly kind: 'plain'; readonly dialect: Dialect; readonly answer: PlainAnswer }

/** Answers without a script. Throws a `Refusal`. */
export type PlainAnswer = (body: Json, models: readonly string[]) => unknown

const inBody: Target = { model: undefined, stream: false }

/** Finds what a method and path stand for; `undefined` when no provider has such an address. */
export function findRoute(method: string, path: string, headers: IncomingHttpHeaders): Route | undefined {
  switch (`${method} ${path}`) {
    case 'POST /v1/chat/completions':
      return generate(openaiChat)
    case 'POST /v1/messages':
      return generate(anthropicMessages)
    case 'GET /v1/models':
      return wantsAnthropicModels(headers)
        ? plain(anthropicMessages, (_body, models) => anthropicModels(models))
        : plain(openaiChat, (_body, models) => openaiModels(models))
    default:
      return undefined
  }
}

function generate(dialect: Dialect): Route {
  return { kind: 'generate', dialect, target: inBody }
}

function plain(dialect: Dialect, answer: PlainAnswer): Route {
  return { kind: 'plain', dialect, answer }
}
