import type { Model } from '@atrium/contract'
import type { DialectName, JsonObject } from '@atrium/wire'
import { AppError, invalidInput } from '#platform/errors'
import { parseBody, readBytes } from './body.ts'
import { sendJson, type Asked } from './exchange.ts'
import { mayCall } from './models-allowed.ts'
import type { Gateway } from './service.ts'

/** Lists the models that may be called, in the form of the client's dialect. */
export async function listModels(
  { models }: Gateway,
  { exchange, dialect, query, member }: Asked,
): Promise<void> {
  const list = (await models.list(member.workspaceId)).filter(({ id }) => mayCall(member, id))
  sendJson(exchange, 200, {}, listForms[dialect](list, new URLSearchParams(query)))
}

/** One model. Ollama's clients name it in the body. */
export async function showModel({ models }: Gateway, asked: Asked, idInPath: string): Promise<void> {
  const { exchange, dialect, member } = asked
  const id = dialect === 'ollama' ? await modelInBody(asked) : idInPath
  const list = await models.list(member.workspaceId)
  const model = list.find((one) => one.id === id && mayCall(member, id))
  if (!model) throw new AppError('MODEL_NOT_FOUND', `There is no model “${id}”.`, { status: 404 })
  sendJson(exchange, 200, {}, dialect === 'ollama' ? ollamaDetails(model) : itemForms[dialect](model))
}

async function modelInBody({ exchange }: Asked): Promise<string> {
  const { value } = parseBody(await readBytes(exchange.request))
  const model = value['model'] ?? value['name']
  if (typeof model !== 'string') throw invalidInput('model: must be the name of a model.', { param: 'model' })
  return model
}

type Item = (model: Model) => JsonObject

/** Nobody keeps when a model came to be; clients want a time all the same. */
const longAgo = '2024-01-01T00:00:00Z'

const openaiItem: Item = ({ id, connectionName }) => ({
  id,
  object: 'model',
  created: Date.parse(longAgo) / 1000,
  owned_by: connectionName,
})

/** https://platform.claude.com/docs/en/api/models/list */
const anthropicItem: Item = ({ id, name, contextTokens, maxOutputTokens }) => ({
  type: 'model',
  id,
  display_name: name,
  created_at: longAgo,
  max_input_tokens: contextTokens,
  max_tokens: maxOutputTokens,
})

/** https://ai.google.dev/api/models */
const geminiItem: Item = ({ id, name, contextTokens, maxOutputTokens, capabilities }) => ({
  name: `models/${id}`,
  baseModelId: id,
  version: '1',
  displayName: name,
  ...(contextTokens === null ? {} : { inputTokenLimit: contextTokens }),
  ...(maxOutputTokens === null ? {} : { outputTokenLimit: maxOutputTokens }),
  supportedGenerationMethods: capabilities.chat
    ? ['generateContent', 'streamGenerateContent', 'countTokens']
    : [],
  thinking: capabilities.thinking,
})

/** https://docs.ollama.com/api/tags */
const ollamaItem: Item = ({ id }) => ({
  name: id,
  model: id,
  modified_at: longAgo,
  size: 0,
  digest: '',
  details: ollamaFamily,
})

const ollamaFamily = {
  parent_model: '',
  format: '',
  family: '',
  families: [],
  parameter_size: '',
  quantization_level: '',
}

/** https://docs.ollama.com/api-reference/show-model-details */
function ollamaDetails({ contextTokens, capabilities }: Model): JsonObject {
  const { chat, images, tools, thinking } = capabilities
  return {
    modelfile: '',
    parameters: '',
    template: '',
    details: ollamaFamily,
    model_info: contextTokens === null ? {} : { 'general.context_length': contextTokens },
    modified_at: longAgo,
    capabilities: [
      ...(chat ? ['completion'] : []),
      ...(images ? ['vision'] : []),
      ...(tools ? ['tools'] : []),
      ...(thinking ? ['thinking'] : []),
    ],
  }
}

const itemForms: Readonly<Record<DialectName, Item>> = {
  'openai-chat': openaiItem,
  'openai-responses': openaiItem,
  'anthropic-messages': anthropicItem,
  gemini: geminiItem,
  ollama: ollamaItem,
}

type List = (models: readonly Model[], query: URLSearchParams) => JsonObject

const openaiList: List = (models) => ({ object: 'list', data: models.map(openaiItem) })

const listForms: Readonly<Record<DialectName, List>> = {
  'openai-chat': openaiList,
  'openai-responses': openaiList,
  'anthropic-messages': anthropicList,
  gemini: geminiList,
  ollama: (models) => ({ models: models.map(ollamaItem) }),
}

function anthropicList(models: readonly Model[], query: URLSearchParams): JsonObject {
  const limit = sizeOf(query.get('limit'), 20, 1000, 'limit')
  const after = query.get('after_id')
  const before = query.get('before_id')
  const end = before === null ? models.length : placeOf(models, before)
  const start = after === null ? (before === null ? 0 : Math.max(0, end - limit)) : placeOf(models, after) + 1
  const page = models.slice(start, Math.min(end, start + limit))
  return {
    data: page.map(anthropicItem),
    has_more: before === null ? start + page.length < models.length : start > 0,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  }
}

function placeOf(models: readonly Model[], id: string): number {
  const place = models.findIndex((model) => model.id === id)
  if (place < 0) throw invalidInput('The cursor is none that this list gave out.')
  return place
}

function geminiList(models: readonly Model[], query: URLSearchParams): JsonObject {
  const size = sizeOf(query.get('pageSize'), 50, 1000, 'pageSize')
  const token = query.get('pageToken')
  const start = token === null || token === '' ? 0 : placeOf(models, token) + 1
  const page = models.slice(start, start + size)
  const last = page.at(-1)
  const hasMore = start + page.length < models.length
  return { models: page.map(geminiItem), ...(hasMore && last ? { nextPageToken: last.id } : {}) }
}

function sizeOf(text: string | null, usual: number, most: number, name: string): number {
  if (text === null || text === '') return usual
  const size = Number(text)
  if (!Number.isInteger(size) || size < 1)
    throw invalidInput(`${name}: must be a number from 1.`, { param: name })
  return Math.min(size, most)
}
