import { z } from 'zod'
import { route, type Method } from './route.ts'

/** A body in the words of the provider whose API it is; its own documentation describes it. */
const foreign = z.looseObject({})
const tag = 'gateway'

const operation = <const Id extends string, const M extends Method>(
  id: Id,
  method: M,
  path: string,
  summary: string,
) => route({ id, method, path, summary, tag, access: 'gateway:call', response: foreign })

const call = <const Id extends string>(id: Id, path: string, summary: string) =>
  route({ ...operation(id, 'POST', path, summary), body: foreign })

const inModel = z.object({ model: z.string() })
const callModel = <const Id extends string>(id: Id, path: string, summary: string) =>
  route({ ...call(id, path, summary), params: inModel })

/** Endpoints for official SDKs of model providers, in those providers' own formats, errors included. */
export const gatewayRoutes = {
  openaiChatCompletions: call('openaiChatCompletions', '/v1/chat/completions', 'OpenAI: Chat Completions'),
  openaiResponses: call('openaiResponses', '/v1/responses', 'OpenAI: Responses'),
  openaiEmbeddings: call('openaiEmbeddings', '/v1/embeddings', 'OpenAI: embeddings, passed through'),
  openaiImages: call('openaiImages', '/v1/images/generations', 'OpenAI: images, passed through'),
  openaiSpeech: call('openaiSpeech', '/v1/audio/speech', 'OpenAI: speech, passed through'),
  openaiTranscriptions: route({
    ...call('openaiTranscriptions', '/v1/audio/transcriptions', 'OpenAI: transcriptions, passed through'),
    accepts: 'multipart',
  }),
  openaiTranslations: route({
    ...call('openaiTranslations', '/v1/audio/translations', 'OpenAI: translations of speech, passed through'),
    accepts: 'multipart',
  }),
  gatewayModels: operation(
    'gatewayModels',
    'GET',
    '/v1/models',
    'Models, as OpenAI lists them; as Anthropic does with the header anthropic-version',
  ),
  gatewayModel: route({
    ...operation('gatewayModel', 'GET', '/v1/models/{model}', 'One model; its id may have slashes'),
    params: inModel,
  }),
  anthropicMessages: call('anthropicMessages', '/v1/messages', 'Anthropic: Messages'),
  anthropicCountTokens: call(
    'anthropicCountTokens',
    '/v1/messages/count_tokens',
    'Anthropic: count tokens; an estimate, marked by X-Atrium-Estimate, for models of other providers',
  ),
  geminiModels: operation('geminiModels', 'GET', '/v1beta/models', 'Gemini: models'),
  geminiModel: route({
    ...operation('geminiModel', 'GET', '/v1beta/models/{model}', 'Gemini: one model'),
    params: inModel,
  }),
  geminiGenerateContent: callModel(
    'geminiGenerateContent',
    '/v1beta/models/{model}:generateContent',
    'Gemini: generateContent',
  ),
  geminiStreamGenerateContent: callModel(
    'geminiStreamGenerateContent',
    '/v1beta/models/{model}:streamGenerateContent',
    'Gemini: streamGenerateContent; server-sent events with alt=sse, a JSON array without',
  ),
  geminiCountTokens: callModel(
    'geminiCountTokens',
    '/v1beta/models/{model}:countTokens',
    'Gemini: countTokens',
  ),
  geminiEmbedContent: callModel(
    'geminiEmbedContent',
    '/v1beta/models/{model}:embedContent',
    'Gemini: embedContent, passed through',
  ),
  geminiBatchEmbedContents: callModel(
    'geminiBatchEmbedContents',
    '/v1beta/models/{model}:batchEmbedContents',
    'Gemini: batchEmbedContents, passed through',
  ),
  ollamaChat: call('ollamaChat', '/api/chat', 'Ollama: chat'),
  ollamaGenerate: call('ollamaGenerate', '/api/generate', 'Ollama: generate'),
  ollamaTags: operation('ollamaTags', 'GET', '/api/tags', 'Ollama: models'),
  ollamaShow: call('ollamaShow', '/api/show', 'Ollama: one model'),
  ollamaVersion: operation('ollamaVersion', 'GET', '/api/version', 'Ollama: version'),
  ollamaEmbed: call('ollamaEmbed', '/api/embed', 'Ollama: embeddings, passed through'),
  ollamaEmbeddings: call(
    'ollamaEmbeddings',
    '/api/embeddings',
    'Ollama: embeddings of one text, passed through',
  ),
}
