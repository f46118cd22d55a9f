import { bearer, type Dialect } from '../dialect.ts'
import { refuseAsOpenai, unknownOpenaiModel } from '../openai-errors.ts'
import { chatReply, createChatWriter } from './reply.ts'
import { receiveChat } from './request.ts'

/** OpenAI Chat Completions, `POST /v1/chat/completions`. */
export const openaiChat: Dialect = {
  name: 'openai-chat',
  streamType: 'text/event-stream; charset=utf-8',
  credential: bearer,
  keyless: false,
  receive: receiveChat,
  unknownModel: unknownOpenaiModel,
  writer: createChatWriter,
  reply: chatReply,
  refuse: refuseAsOpenai,
}
