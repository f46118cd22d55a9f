import type { IncomingHttpHeaders } from 'node:http'
import { textOf, type Json } from '../json.ts'
import { Refusal } from '../refusal.ts'
import { sign } from '../signature.ts'

/** A fixed day, so that lists are the same on every run: 2026-01-01. */
const createdAt = new Date(Date.UTC(2026, 0, 1))
const contextTokens = 128_000
const ollamaDetails = {
  parent_model: '',
  format: 'gguf',
  family: 'fake',
  families: ['fake'],
  parameter_size: '1B',
  quantization_level: 'Q4_0',
}

/** Whether a `GET /v1/models` is meant for Anthropic: only its clients send these headers. */
export function wantsAnthropicModels(headers: IncomingHttpHeaders): boolean {
  return headers['anthropic-version'] !== undefined || headers['x-api-key'] !== undefined
}

/** Source: https://platform.openai.com/docs/api-reference/models/list */
export function openaiModels(models: readonly string[]): Json {
  const created = createdAt.getTime() / 1000
  return { object: 'list', data: models.map((id) => ({ id, object: 'model', created, owned_by: 'fake' })) }
}

/** Source: https://docs.anthropic.com/en/api/models-list */
export function anthropicModels(models: readonly string[]): Json {
  const data = models.map((id) => ({
    type: 'model',
    id,
    display_name: id,
    created_at: createdAt.toISOString(),
  }))
  return { data, has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null }
}

/** Source: https://ai.google.dev/api/models#method:-models.list */
export function geminiModels(models: readonly string[]): Json {
  return {
    models: models.map((model) => ({
      name: `models/${model}`,
      version: '001',
      displayName: model,
      inputTokenLimit: contextTokens,
      outputTokenLimit: 8192,
      supportedGenerationMethods: ['generateContent', 'countTokens'],
    })),
  }
}

/** Source: https://github.com/ollama/ollama/blob/main/docs/api.md#list-local-models */
export function ollamaModels(models: readonly string[]): Json {
  return {
    models: models.map((model) => ({
      name: model,
      model,
      modified_at: createdAt.toISOString(),
      size: 1_000_000_000,
      digest: sign(model),
      details: ollamaDetails,
    })),
  }
}

/** Source: https://github.com/ollama/ollama/blob/main/docs/api.md#show-model-information. Throws a `Refusal`. */
export function showOllamaModel(body: Json, models: readonly string[]): Json {
  const model = textOf(body['model']) || textOf(body['name'])
  if (!model.startsWith('fake') && !models.includes(model)) {
    throw new Refusal(404, 'not-found', `model '${model}' not found`)
  }
  return {
    modelfile: `FROM ${model}`,
    parameters: '',
    template: '{{ .Prompt }}',
    details: ollamaDetails,
    model_info: { 'general.architecture': 'fake', 'fake.context_length': contextTokens },
    capabilities: ['completion', 'tools', 'thinking', 'vision'],
    modified_at: createdAt.toISOString(),
  }
}
