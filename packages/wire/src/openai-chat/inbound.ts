import type { Inbound } from '../spec/inbound.ts'
import { encodeError } from './inbound-errors.ts'
import { encodeReply } from './inbound-reply.ts'
import { decodeRequest } from './inbound-request.ts'
import { createStreamEncoder } from './inbound-stream.ts'

/** `POST /v1/chat/completions` (https://platform.openai.com/docs/api-reference/chat), as its server. */
export const openaiChatInbound: Inbound = {
  name: 'openai-chat',
  decodeRequest,
  createStreamEncoder,
  streamContentType: 'text/event-stream; charset=utf-8',
  encodeReply,
  encodeError,
}
