import type { Dialect } from '../spec/dialect.ts'
import { decodeModelList, decodeReply } from './decode.ts'
import { encodeRequest } from './encode.ts'
import { decodeError } from './errors.ts'
import { createStreamDecoder } from './stream.ts'

/** OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses). A base URL includes the version. */
export const openaiResponses: Dialect = {
  name: 'openai-responses',
  defaultBaseUrl: 'https://api.openai.com/v1',
  encodeRequest,
  createStreamDecoder,
  decodeReply,
  decodeError,
  authHeaders: (key): Record<string, string> => (key ? { authorization: `Bearer ${key}` } : {}),
  modelListPath: '/models',
  decodeModelList,
}
