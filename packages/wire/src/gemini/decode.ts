import { invalidResponse } from '../shared/errors.ts'
import { decodeWhole } from '../shared/framed-decoder.ts'
import { arrayOf, numberOf, objectOf, objectsOf, parseJson, stringOf } from '../shared/json.ts'
import type { ListedModel, ModelList } from '../spec/dialect.ts'
import type { JsonObject } from '../spec/json.ts'
import type { StreamPart } from '../spec/stream.ts'
import { GeminiReader } from './stream.ts'

/** A whole reply is a stream of one event. */
export function decodeReply(bodyText: string): StreamPart[] {
  return decodeWhole(bodyText, (body, out) => {
    if (!body['error'] && !body['candidates'] && !body['promptFeedback']) return
    const reader = new GeminiReader()
    reader.message(body, { event: '', data: bodyText }, out)
    if (!body['error']) reader.end(out)
  })
}

/** Models that generate content; names lose their `models/`. https://ai.google.dev/api/models */
export function decodeModelList(bodyText: string): ModelList {
  const body = objectOf(parseJson(bodyText))
  if (!Array.isArray(body?.['models'])) {
    return { ok: false, error: invalidResponse('the reply is not a list of models', bodyText) }
  }
  const list: ModelList = { ok: true, models: objectsOf(body['models']).flatMap(decodeModel) }
  const next = stringOf(body['nextPageToken'])
  if (next) list.nextPath = `/v1beta/models?pageSize=1000&pageToken=${encodeURIComponent(next)}`
  return list
}

function decodeModel(entry: JsonObject): ListedModel[] {
  const id = stringOf(entry['name'])?.replace(/^models\//u, '')
  const methods = arrayOf(entry['supportedGenerationMethods'])
  const embeds = methods.includes('embedContent')
  if (!id || (methods.length > 0 && !methods.includes('generateContent') && !embeds)) return []
  const model: ListedModel = { id }
  const displayName = stringOf(entry['displayName'])
  const contextWindow = numberOf(entry['inputTokenLimit'])
  const maxOutput = numberOf(entry['outputTokenLimit'])
  if (displayName !== undefined) model.displayName = displayName
  if (contextWindow !== undefined) model.contextWindow = contextWindow
  if (maxOutput !== undefined) model.maxOutput = maxOutput
  if (embeds) model.capabilities = { embeddings: true }
  else if (typeof entry['thinking'] === 'boolean') model.capabilities = { thinking: entry['thinking'] }
  return [model]
}
