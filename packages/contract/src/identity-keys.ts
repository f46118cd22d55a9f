import { z } from 'zod'
import { id, line, page, pageQuery, timestamp, workspaceParams } from './common.ts'
import { type Permission, permissions } from './permissions.ts'
import { route } from './route.ts'

/** What the key of an application needs, and all that a key made for somebody else may hold. */
export const gatewayScopes = ['gateway:call', 'model:read', 'usage:read'] as const satisfies Permission[]

/** Seven days: how long a secret that was replaced may go on to open. */
export const maxGraceSeconds = 604_800

const limit = z.number().int().min(1).max(1_000_000_000).nullable()

/** How much is let through: null sets no limit. */
export const keyLimits = z
  .object({
    /** Requests per minute. */
    rpm: limit,
    /** Tokens per minute, input and output together. */
    tpm: limit,
    /** Calls under way at once. */
    concurrency: limit,
  })
  .meta({ id: 'KeyLimits' })
export type KeyLimits = z.infer<typeof keyLimits>

/** Sets no limit. */
export const unlimited: KeyLimits = { rpm: null, tpm: null, concurrency: null }

/** Ids of models that a key may call; `*` stands for any characters. Null allows all. */
const allowedModels = z.array(line(200)).min(1).max(100).nullable()

/** Whether one of the patterns names the model; null names all. Takes time linear in what it is given. */
export function allowsModel(patterns: readonly string[] | null, model: string): boolean {
  return patterns === null || patterns.some((pattern) => matches(pattern.split('*'), model))
}

/** Each part is found at the first place after the one before it: no later place would leave more for the rest. */
function matches(parts: readonly string[], text: string): boolean {
  const [head = '', ...rest] = parts
  const tail = rest.pop()
  if (tail === undefined) return text === head
  if (!text.startsWith(head)) return false
  let place = head.length
  for (const part of rest) {
    const found = text.indexOf(part, place)
    if (found < 0) return false
    place = found + part.length
  }
  return text.length - tail.length >= place && text.endsWith(tail)
}

export const apiKey = z
  .object({
    id,
    name: z.string(),
    /** The first characters of the key, to tell keys apart. */
    prefix: z.string(),
    scopes: z.array(z.enum(permissions)),
    /** Whose rights the key has, within its scopes. */
    ownerId: id,
    ownerName: z.string(),
    createdById: id,
    createdByName: z.string(),
    /** The team whose budgets its calls also spend. */
    teamId: id.nullable(),
    teamName: z.string().nullable(),
    models: z.array(z.string()).nullable(),
    limits: keyLimits,
    /** A key that is not enabled is refused until it is again. */
    enabled: z.boolean(),
    createdAt: timestamp,
    /** When its secret was last replaced. */
    rotatedAt: timestamp.nullable(),
    /** Until when a secret that was replaced still opens; null when none does. */
    formerSecretUntil: timestamp.nullable(),
    lastUsedAt: timestamp.nullable(),
    expiresAt: timestamp.nullable(),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof apiKey>

const tag = 'identity'
const keys = '/api/v1/workspaces/{workspaceId}/api-keys'
const keyParams = workspaceParams.extend({ keyId: id })

export const keyRoutes = {
  listApiKeys: route({
    id: 'listApiKeys',
    method: 'GET',
    path: keys,
    tag,
    access: 'key:read',
    summary: 'API keys, newest first: own ones, for admins all',
    params: workspaceParams,
    query: pageQuery.extend({ teamId: id.optional(), ownerId: id.optional() }),
    response: page(apiKey),
  }),
  getApiKey: route({
    id: 'getApiKey',
    method: 'GET',
    path: `${keys}/{keyId}`,
    tag,
    access: 'key:read',
    summary: 'One API key',
    params: keyParams,
    response: apiKey,
  }),
  createApiKey: route({
    id: 'createApiKey',
    method: 'POST',
    path: keys,
    tag,
    access: 'key:manage',
    summary: 'Create a key; its secret is shown this once',
    params: workspaceParams,
    body: z.object({
      name: line(100),
      scopes: z.array(z.enum(permissions)).min(1).max(permissions.length),
      expiresAt: timestamp.nullable().default(null),
      /** The caller unless told; admins may name others, and give such keys `gatewayScopes` only. */
      ownerId: id.optional(),
      /** One of the owner's teams; admins may name any. */
      teamId: id.nullable().default(null),
      models: allowedModels.default(null),
      limits: keyLimits.partial().default({}),
    }),
    response: apiKey.extend({ secret: z.string() }),
    status: 201,
  }),
  updateApiKey: route({
    id: 'updateApiKey',
    method: 'PATCH',
    path: `${keys}/{keyId}`,
    tag,
    access: 'key:manage',
    summary: 'Change what a key may do; takes effect within five seconds',
    params: keyParams,
    body: z
      .object({
        name: line(100),
        expiresAt: timestamp.nullable(),
        teamId: id.nullable(),
        models: allowedModels,
        /** Limits that are left out stay. */
        limits: keyLimits.partial(),
        enabled: z.boolean(),
      })
      .partial(),
    response: apiKey,
  }),
  rotateApiKey: route({
    id: 'rotateApiKey',
    method: 'POST',
    path: `${keys}/{keyId}/rotations`,
    tag,
    access: 'key:manage',
    summary: 'Replace the secret of a key; the new one is shown this once, the old one opens for a while',
    params: keyParams,
    body: z.object({
      /** How long secrets that it had so far still open: at most seven days, 0 for not at all. */
      graceSeconds: z.int().min(0).max(maxGraceSeconds).default(86_400),
    }),
    response: apiKey.extend({ secret: z.string() }),
    status: 201,
  }),
  revokeApiKey: route({
    id: 'revokeApiKey',
    method: 'DELETE',
    path: `${keys}/{keyId}`,
    tag,
    access: 'key:manage',
    summary: 'Revoke a key; its streams close',
    params: keyParams,
    response: null,
  }),
} as const
