import { invalidResponse } from '../shared/errors.ts'
import { decodeWhole } from '../shared/framed-decoder.ts'
import { objectOf, objectsOf, parseJson, stringOf } from '../shared/json.ts'
import type { ListedModel, ModelList } from '../spec/dialect.ts'
import type { StreamPart } from '../spec/stream.ts'
import { OllamaReader } from './stream.ts'

/** A whole reply is a stream of one line. */
export function decodeReply(bodyText: string): StreamPart[] {
  return decodeWhole(bodyText, (body, out) => {
    if (body['error'] || objectOf(body['message'])) {
      new OllamaReader().message({ ...body, done: body['done'] ?? true }, { event: '', data: '' }, out)
    }
  })
}

/** Names only; `/api/show` tells what a model can do. https://docs.ollama.com/api/tags */
export function decodeModelList(bodyText: string): ModelList {
  const body = objectOf(parseJson(bodyText))
  if (!Array.isArray(body?.['models'])) {
    return { ok: false, error: invalidResponse('the reply is not a list of models', bodyText) }
  }
  const models = objectsOf(body['models']).flatMap((entry): ListedModel[] => {
    const id = stringOf(entry['model']) ?? stringOf(entry['name'])
    return id ? [{ id }] : []
  })
  return { ok: true, models }
}
