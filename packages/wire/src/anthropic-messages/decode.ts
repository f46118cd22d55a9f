import { errorPart, invalidResponse } from '../shared/errors.ts'
import { decodeWhole } from '../shared/framed-decoder.ts'
import { arrayOf, numberOf, objectOf, objectsOf, parseJson, stringOf } from '../shared/json.ts'
import type { ListedModel, ModelList } from '../spec/dialect.ts'
import type { JsonObject } from '../spec/json.ts'
import type { StreamPart } from '../spec/stream.ts'
import { decodeErrorEvent } from './errors.ts'
import { AnthropicMessageReader } from './stream.ts'

/** A Message object, read as the stream that it would have been. https://platform.claude.com/docs/en/api/messages */
export function decodeReply(bodyText: string): StreamPart[] {
  return decodeWhole(bodyText, (body, out) => {
    if (objectOf(body['error'])) out.push(errorPart(decodeErrorEvent(body)))
    else if (Array.isArray(body['content'])) readMessage(body, out)
  })
}

function readMessage(body: JsonObject, out: StreamPart[]): void {
  const reader = new AnthropicMessageReader()
  const frame = { event: '', data: '' }
  reader.message({ type: 'message_start', message: body }, frame, out)
  for (const [index, block] of arrayOf(body['content']).entries()) {
    reader.message({ type: 'content_block_start', index, content_block: block }, frame, out)
    reader.message({ type: 'content_block_stop', index }, frame, out)
  }
  reader.message({ type: 'message_delta', delta: body }, frame, out)
  reader.message({ type: 'message_stop' }, frame, out)
}

/** https://platform.claude.com/docs/en/api/models-list */
export function decodeModelList(bodyText: string): ModelList {
  const body = objectOf(parseJson(bodyText))
  if (!Array.isArray(body?.['data'])) {
    return { ok: false, error: invalidResponse('the reply is not a list of models', bodyText) }
  }
  const list: ModelList = { ok: true, models: objectsOf(body['data']).flatMap(decodeModel) }
  const lastId = stringOf(body['last_id'])
  if (body['has_more'] === true && lastId)
    list.nextPath = `/v1/models?limit=1000&after_id=${encodeURIComponent(lastId)}`
  return list
}

function decodeModel(entry: JsonObject): ListedModel[] {
  const id = stringOf(entry['id'])
  if (!id) return []
  const model: ListedModel = { id }
  const displayName = stringOf(entry['display_name'])
  const contextWindow = numberOf(entry['max_input_tokens'])
  const maxOutput = numberOf(entry['max_tokens'])
  if (displayName !== undefined) model.displayName = displayName
  if (contextWindow !== undefined) model.contextWindow = contextWindow
  if (maxOutput !== undefined) model.maxOutput = maxOutput
  return [model]
}
