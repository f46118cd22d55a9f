import type { Inbound } from '../spec/inbound.ts'
import { encodeError } from './inbound-errors.ts'
import { createStreamEncoder, encodeReply } from './inbound-reply.ts'
import { decodeRequest } from './inbound-request.ts'

/** The server's side of Anthropic's Messages API. */
export const anthropicInbound: Inbound = {
  name: 'anthropic-messages',
  decodeRequest,
  createStreamEncoder,
  streamContentType: 'text/event-stream; charset=utf-8',
  encodeReply,
  encodeError,
}
