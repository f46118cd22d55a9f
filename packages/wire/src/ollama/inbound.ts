import type { Inbound } from '../spec/inbound.ts'
import { encodeError } from './inbound-errors.ts'
import { createStreamEncoder, encodeReply } from './inbound-reply.ts'
import { decodeRequest } from './inbound-request.ts'

/** `POST /api/chat` and `POST /api/generate` (https://docs.ollama.com/api), as their server. */
export const ollamaInbound: Inbound = {
  name: 'ollama',
  decodeRequest,
  createStreamEncoder,
  streamContentType: 'application/x-ndjson',
  encodeReply,
  encodeError,
}
