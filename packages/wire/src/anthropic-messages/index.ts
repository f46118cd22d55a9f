import type { Dialect } from '../spec/dialect.ts'
import { decodeModelList, decodeReply } from './decode.ts'
import { encodeRequest } from './encode.ts'
import { decodeError } from './errors.ts'
import { createStreamDecoder } from './stream.ts'

/** Anthropic's Messages API (https://platform.claude.com/docs/en/api/overview). */
export const anthropicMessages: Dialect = {
  name: 'anthropic-messages',
  defaultBaseUrl: 'https://api.anthropic.com',
  encodeRequest,
  createStreamDecoder,
  decodeReply,
  decodeError,
  authHeaders: (key) => ({ 'anthropic-version': '2023-06-01', ...(key && { 'x-api-key': key }) }),
  modelListPath: '/v1/models?limit=1000',
  decodeModelList,
}
