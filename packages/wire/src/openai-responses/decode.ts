import { decodeWhole } from '../shared/framed-decoder.ts'
import { objectOf, stringOf } from '../shared/json.ts'
import type { StreamPart } from '../spec/stream.ts'
import { ResponsesReader } from './stream.ts'

/** The same list as in the chat API. */
export { decodeModelList } from '../openai-chat/decode.ts'

/** A Response object, read as the last event of a stream. https://platform.openai.com/docs/api-reference/responses/object */
export function decodeReply(bodyText: string): StreamPart[] {
  return decodeWhole(bodyText, (body, out) => {
    const failed = objectOf(body['error']) ?? ['failed', 'cancelled'].includes(stringOf(body['status']) ?? '')
    if (!failed && !Array.isArray(body['output'])) return
    const type = failed ? 'response.failed' : 'response.completed'
    new ResponsesReader().message({ type, response: body }, { event: '', data: '' }, out)
  })
}
