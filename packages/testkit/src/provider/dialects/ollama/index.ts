import { retryAfter } from '../../refusal.ts'
import { bearer, type Dialect } from '../dialect.ts'
import { createOllamaWriter, ollamaReply } from './reply.ts'
import { receiveOllama } from './request.ts'

/** Ollama, `POST /api/chat`. A local server asks for no key; a hosted one takes a bearer token. */
export const ollama: Dialect = {
  name: 'ollama',
  streamType: 'application/x-ndjson',
  credential: bearer,
  keyless: true,
  receive: receiveOllama,
  unknownModel: (model) => `model '${model}' not found`,
  writer: createOllamaWriter,
  reply: ollamaReply,
  refuse: (refusal) => ({
    status: refusal.status,
    headers: retryAfter(refusal),
    body: { error: refusal.reason === 'invalid-key' ? 'unauthorized' : refusal.message },
  }),
}
