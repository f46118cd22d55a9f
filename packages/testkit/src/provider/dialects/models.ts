import type { IncomingHttpHeaders } from 'node:http'
import type { Json } from '../json.ts'

/** A fixed day, so that lists are the same on every run: 2026-01-01. */
const createdAt = new Date(Date.UTC(2026, 0, 1))

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
