import { bearer, type Dialect } from '../dialect.ts'
import { refuseAsOpenai, unknownOpenaiModel } from '../openai-errors.ts'
import { responsesReply } from './reply.ts'
import { receiveResponses } from './request.ts'
import { createResponsesWriter } from './stream.ts'

/** OpenAI Responses, `POST /v1/responses`. */
export const openaiResponses: Dialect = {
  name: 'openai-responses',
  streamType: 'text/event-stream; charset=utf-8',
  credential: bearer,
  keyless: false,
  receive: receiveResponses,
  unknownModel: unknownOpenaiModel,
  writer: createResponsesWriter,
  reply: responsesReply,
  refuse: refuseAsOpenai,
}
