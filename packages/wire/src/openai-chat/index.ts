import type { Dialect } from '../spec/dialect.ts'
import { decodeModelList, decodeReply } from './decode.ts'
import { encodeRequest } from './encode.ts'
import { decodeError } from './errors.ts'
import { createStreamDecoder } from './stream.ts'

/**
 * OpenAI's Chat Completions API (https://platform.openai.com/docs/api-reference/chat) and the many servers that
 * imitate it. A base URL includes the version.
 */
export const openaiChat: Dialect = {
  name: 'openai-chat',
  defaultBaseUrl: 'https://api.openai.com/v1',
  encodeRequest,
  createStreamDecoder,
  decodeReply,
  decodeError,
  authHeaders: (key): Record<string, string> => (key ? { authorization: `Bearer ${key}` } : {}),
  modelListPath: '/models',
  decodeModelList,
}
