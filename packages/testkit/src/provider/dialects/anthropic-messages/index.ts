import { bearer, type Dialect } from '../dialect.ts'
import { refuseAsAnthropic } from './errors.ts'
import { createMessagesWriter, messagesReply } from './reply.ts'
import { receiveMessages } from './request.ts'

/** Anthropic Messages, `POST /v1/messages`. */
export const anthropicMessages: Dialect = {
  name: 'anthropic-messages',
  streamType: 'text/event-stream; charset=utf-8',
  credential: (headers) => {
    const key = headers['x-api-key']
    return typeof key === 'string' && key !== '' ? key : bearer(headers)
  },
  keyless: false,
  receive: receiveMessages,
  unknownModel: (model) => `model: ${model}`,
  writer: createMessagesWriter,
  reply: messagesReply,
  refuse: refuseAsAnthropic,
}
