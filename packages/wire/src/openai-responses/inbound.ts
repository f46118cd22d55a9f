import { encodeError } from '../openai-chat/inbound-errors.ts'
import type { Inbound } from '../spec/inbound.ts'
import { decodeRequest } from './inbound-request.ts'
import { createStreamEncoder, encodeReply } from './inbound-stream.ts'

/** OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses); errors are as in the chat API. */
export const openaiResponsesInbound: Inbound = {
  name: 'openai-responses',
  decodeRequest,
  createStreamEncoder,
  streamContentType: 'text/event-stream',
  encodeReply,
  encodeError,
}
