import { errorPart, invalidResponse } from '../shared/errors.ts'
import { decodeWhole } from '../shared/framed-decoder.ts'
import { numberOf, objectOf, objectsOf, parseJson, stringOf } from '../shared/json.ts'
import type { ListedModel, ModelList } from '../spec/dialect.ts'
import type { JsonObject } from '../spec/json.ts'
import type { StreamPart } from '../spec/stream.ts'
import { decodeErrorBody } from './errors.ts'
import { ChatReader } from './stream.ts'

/** A chat completion, read as a stream of one chunk. https://platform.openai.com/docs/api-reference/chat/object */
export function decodeReply(bodyText: string): StreamPart[] {
  return decodeWhole(bodyText, (body, out) => {
    const reader = new ChatReader()
    if (!body['error'] && objectsOf(body['choices']).length === 0 && body['object'] !== 'error') return
    if (body['error'] || body['object'] === 'error') out.push(errorPart(decodeErrorBody(body)))
    else {
      reader.message(body, { event: '', data: '' }, out)
      reader.done(out)
    }
  })
}

/**
 * `{ data: [{ id }] }`. OpenAI lists names only; the other members are those of vLLM (`max_model_len`), OpenRouter
 * (`context_length`, `top_provider`, `supported_parameters`) and Mistral (`max_context_length`, `capabilities`).
 * https://platform.openai.com/docs/api-reference/models/list
 */
export function decodeModelList(bodyText: string): ModelList {
  const body = parseJson(bodyText)
  const entries = Array.isArray(body) ? body : objectOf(body)?.['data']
  if (!Array.isArray(entries)) {
    return { ok: false, error: invalidResponse('the reply is not a list of models', bodyText) }
  }
  return { ok: true, models: objectsOf(entries).flatMap(decodeModel) }
}

function decodeModel(entry: JsonObject): ListedModel[] {
  const id = stringOf(entry['id'])
  if (!id) return []
  const model: ListedModel = { id }
  const displayName = stringOf(entry['name'])
  const contextWindow =
    numberOf(entry['context_length']) ??
    numberOf(entry['max_model_len']) ??
    numberOf(entry['max_context_length']) ??
    numberOf(entry['context_window'])
  const maxOutput =
    numberOf(objectOf(entry['top_provider'])?.['max_completion_tokens']) ??
    numberOf(entry['max_completion_tokens'])
  if (displayName !== undefined && displayName !== id) model.displayName = displayName
  if (contextWindow !== undefined) model.contextWindow = contextWindow
  if (maxOutput !== undefined) model.maxOutput = maxOutput
  const capabilities = decodeCapabilities(entry)
  if (capabilities) model.capabilities = capabilities
  return [model]
}

function decodeCapabilities(entry: JsonObject): ListedModel['capabilities'] {
  const stated = objectOf(entry['capabilities'])
  if (stated) {
    return {
      ...(typeof stated['function_calling'] === 'boolean' && { tools: stated['function_calling'] }),
      ...(typeof stated['vision'] === 'boolean' && { vision: stated['vision'] }),
    }
  }
  const parameters = entry['supported_parameters']
  if (!Array.isArray(parameters)) return undefined
  const inputs = objectOf(entry['architecture'])?.['input_modalities']
  return {
    tools: parameters.includes('tools'),
    thinking: parameters.includes('reasoning'),
    structuredOutput: parameters.includes('structured_outputs'),
    ...(Array.isArray(inputs) && { vision: inputs.includes('image') }),
  }
}
