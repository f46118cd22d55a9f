import type { Dialect } from '../dialect.ts'
import { refuseAsGemini } from './errors.ts'
import { createGeminiArrayWriter, createGeminiWriter, geminiReply } from './reply.ts'
import { receiveGemini } from './request.ts'

/** Gemini, `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent?alt=sse`. */
export const gemini: Dialect = {
  name: 'gemini',
  streamType: 'text/event-stream',
  credential: (headers, url) => {
    const key = headers['x-goog-api-key'] ?? url.searchParams.get('key')
    return typeof key === 'string' && key !== '' ? key : undefined
  },
  keyless: false,
  receive: receiveGemini,
  unknownModel: (model) =>
    `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
  writer: createGeminiWriter,
  reply: geminiReply,
  refuse: refuseAsGemini,
}

/** Gemini without `alt=sse`. */
export const geminiArray: Dialect = {
  ...gemini,
  streamType: 'application/json; charset=UTF-8',
  writer: createGeminiArrayWriter,
}
