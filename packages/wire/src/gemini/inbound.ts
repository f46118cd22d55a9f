import type { Inbound } from '../spec/inbound.ts'
import { encodeError } from './inbound-errors.ts'
import { encodeReply } from './inbound-reply.ts'
import { decodeRequest } from './inbound-request.ts'
import { createStreamEncoder } from './inbound-stream.ts'

/** `generateContent` and `streamGenerateContent` of Google's Gemini API (https://ai.google.dev/api), as their server. */
export const geminiInbound: Inbound = {
  name: 'gemini',
  decodeRequest,
  createStreamEncoder,
  streamContentType: 'text/event-stream',
  encodeReply,
  encodeError,
}
