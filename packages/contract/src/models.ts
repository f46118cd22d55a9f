import { z } from 'zod'
import { id, line, nanoUsd, page, pageQuery, text, timestamp, workspaceParams } from './common.ts'
import { route } from './route.ts'

export const connectionKind = z.enum([
  'anthropic',
  'openai',
  'openai-responses',
  'google',
  'ollama',
  'openai-compatible',
])
export type ConnectionKind = z.infer<typeof connectionKind>

/** Dialect-neutral names of a connection's last test. */
export const connectionHealth = z.object({
  ok: z.boolean(),
  /** Where it failed: the address, the look-up of its name, the TLS handshake, the key, the answer's form, … */
  stage: z.enum([
    'address',
    'dns',
    'connect',
    'tls',
    'timeout',
    'authentication',
    'permission',
    'not-found',
    'rate-limit',
    'response',
    'provider',
    'none',
  ]),
  message: z.string(),
  status: z.number().int().nullable(),
  latencyMs: z.number().int().nullable(),
  modelCount: z.number().int().nullable(),
  checkedAt: timestamp,
})
export type ConnectionHealth = z.infer<typeof connectionHealth>

export const connection = z
  .object({
    id,
    name: z.string(),
    /** First part of its models' ids. */
    slug: z.string(),
    kind: connectionKind,
    baseUrl: z.string(),
    hasKey: z.boolean(),
    enabled: z.boolean(),
    source: z.enum(['person', 'environment', 'detected', 'built-in']),
    health: connectionHealth.nullable(),
    createdAt: timestamp,
  })
  .meta({ id: 'Connection' })
export type Connection = z.infer<typeof connection>

export const capabilities = z.object({
  /** Holds conversations. False for models that embed, draw, speak, listen and the like. */
  chat: z.boolean(),
  images: z.boolean(),
  tools: z.boolean(),
  thinking: z.boolean(),
  /** Can be told to think or not to. */
  thinkingToggle: z.boolean(),
})

export const model = z
  .object({
    /** `{connection slug}/{provider's model id}`, such as `atrium/guide`, or the name of an alias. */
    id: z.string(),
    /** A name with a policy over other models; what it can do is what all of them can. */
    alias: z.boolean().optional(),
    name: z.string(),
    connectionId: id.nullable(),
    connectionName: z.string(),
    enabled: z.boolean(),
    contextTokens: z.number().int().nullable(),
    maxOutputTokens: z.number().int().nullable(),
    capabilities,
    /** Per million tokens; null when the price is unknown. */
    price: z.object({ inputNanoUsd: nanoUsd, outputNanoUsd: nanoUsd }).nullable(),
    /** Shown beside every answer of a model that is not a language model. */
    label: z.string().nullable(),
  })
  .meta({ id: 'Model' })
export type Model = z.infer<typeof model>

const slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
const baseUrl = z.url({ protocol: /^https?$/ }).max(500)
const secret = text(2000, 1)
const tag = 'models'
const ws = '/api/v1/workspaces/{workspaceId}'
const one = workspaceParams.extend({ connectionId: id })

export const modelRoutes = {
  listConnections: route({
    id: 'listConnections',
    method: 'GET',
    path: `${ws}/connections`,
    tag,
    access: 'connection:read',
    summary: 'Connections to model providers',
    params: workspaceParams,
    query: pageQuery,
    response: page(connection),
  }),
  createConnection: route({
    id: 'createConnection',
    method: 'POST',
    path: `${ws}/connections`,
    tag,
    access: 'connection:manage',
    summary: 'Connect a provider; the key is stored encrypted and never shown again',
    params: workspaceParams,
    body: z.object({
      name: line(100),
      slug: slug.optional(),
      kind: connectionKind,
      baseUrl: baseUrl.optional(),
      apiKey: secret.optional(),
    }),
    response: connection,
    status: 201,
  }),
  updateConnection: route({
    id: 'updateConnection',
    method: 'PATCH',
    path: `${ws}/connections/{connectionId}`,
    tag,
    access: 'connection:manage',
    summary: 'Change a connection; a new base URL discards the stored key',
    params: one,
    body: z.object({ name: line(100), baseUrl, apiKey: secret, enabled: z.boolean() }).partial(),
    response: connection,
  }),
  deleteConnection: route({
    id: 'deleteConnection',
    method: 'DELETE',
    path: `${ws}/connections/{connectionId}`,
    tag,
    access: 'connection:manage',
    summary: 'Remove a connection and its models',
    params: one,
    response: null,
  }),
  testConnection: route({
    id: 'testConnection',
    method: 'POST',
    path: `${ws}/connections/{connectionId}/tests`,
    tag,
    access: 'connection:manage',
    summary: 'Reach the provider and say exactly what failed',
    params: one,
    response: connectionHealth,
  }),
  testNewConnection: route({
    id: 'testNewConnection',
    method: 'POST',
    path: `${ws}/connection-tests`,
    tag,
    access: 'connection:manage',
    summary: 'Test before saving',
    params: workspaceParams,
    body: z.object({ kind: connectionKind, baseUrl: baseUrl.optional(), apiKey: secret.optional() }),
    response: connectionHealth,
  }),
  refreshModels: route({
    id: 'refreshModels',
    method: 'POST',
    path: `${ws}/connections/{connectionId}/refreshes`,
    tag,
    access: 'connection:manage',
    summary: "Read the provider's model list again",
    params: one,
    response: z.object({ modelCount: z.number().int() }),
  }),
  listModels: route({
    id: 'listModels',
    method: 'GET',
    path: `${ws}/models`,
    tag,
    access: 'model:read',
    summary: 'The model catalogue',
    params: workspaceParams,
    /** Those to converse with; with `all` also those that do something else, and what is switched off. */
    query: z.object({ all: z.stringbool().default(false) }),
    response: z.object({ data: z.array(model) }),
  }),
  updateModel: route({
    id: 'updateModel',
    method: 'PATCH',
    path: `${ws}/models`,
    tag,
    access: 'model:manage',
    summary: 'Show or hide a model',
    params: workspaceParams,
    body: z.object({ id: line(300), enabled: z.boolean() }),
    response: model,
  }),
  addModel: route({
    id: 'addModel',
    method: 'POST',
    path: `${ws}/connections/{connectionId}/models`,
    tag,
    access: 'model:manage',
    summary: 'Add a model that the provider does not list',
    params: one,
    body: z.object({ upstreamId: line(200), name: line(100).optional() }),
    response: model,
    status: 201,
  }),
} as const
