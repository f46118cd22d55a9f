import type { Dialect } from '../spec/dialect.ts'
import { decodeModelList, decodeReply } from './decode.ts'
import { encodeRequest } from './encode.ts'
import { decodeError } from './errors.ts'
import { createStreamDecoder } from './stream.ts'

/** Ollama's own API (https://docs.ollama.com/api). A key is needed only for its cloud. */
export const ollama: Dialect = {
  name: 'ollama',
  defaultBaseUrl: 'http://127.0.0.1:11434',
  encodeRequest,
  createStreamDecoder,
  decodeReply,
  decodeError,
  authHeaders: (key): Record<string, string> => (key ? { authorization: `Bearer ${key}` } : {}),
  modelListPath: '/api/tags',
  decodeModelList,
}
