import type { Dialect } from '../spec/dialect.ts'
import { decodeModelList, decodeReply } from './decode.ts'
import { encodeRequest } from './encode.ts'
import { decodeError } from './errors.ts'
import { createStreamDecoder } from './stream.ts'

/** Google's Gemini API (https://ai.google.dev/api). */
export const gemini: Dialect = {
  name: 'gemini',
  defaultBaseUrl: 'https://generativelanguage.googleapis.com',
  encodeRequest,
  createStreamDecoder,
  decodeReply,
  decodeError,
  authHeaders: (key): Record<string, string> => (key ? { 'x-goog-api-key': key } : {}),
  modelListPath: '/v1beta/models?pageSize=1000',
  decodeModelList,
}
