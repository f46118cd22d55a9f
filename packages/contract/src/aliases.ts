import { z } from 'zod'
import { id, line, page, pageQuery, text, timestamp, workspaceParams } from './common.ts'
import { capabilities } from './models.ts'
import { route } from './route.ts'

/** How one target is chosen among several. */
export const strategy = z.enum(['priority', 'weighted', 'least-latency', 'least-cost', 'sticky', 'ab'])
export type Strategy = z.infer<typeof strategy>

/** One model of one connection that an alias may call. */
export const policyTarget = z
  .object({
    /** `{connection slug}/{provider's model id}`; never another alias. */
    model: line(300),
    /** Share among targets that are equal otherwise; 0 is called only when no other is left. */
    weight: z.number().min(0).max(1000).default(1),
    /** Lower is called first. */
    priority: z.int().min(1).max(100).default(1),
    enabled: z.boolean().default(true),
    /** Ceiling on what the model may write. */
    maxOutputTokens: z.int().min(1).max(10_000_000).optional(),
  })
  .strict()
export type PolicyTarget = z.infer<typeof policyTarget>

const targets = z.array(policyTarget).min(1).max(50)

export const policyVariant = z
  .object({ name: line(60), share: z.number().min(0).max(1000), targets })
  .strict()
export type PolicyVariant = z.infer<typeof policyVariant>

/** Which targets in which order. Variants (`ab`) keep one person or conversation on one side. */
export const policyPlan = z.discriminatedUnion('strategy', [
  z.object({ strategy: strategy.exclude(['ab']), targets }).strict(),
  z.object({ strategy: z.literal('ab'), variants: z.array(policyVariant).min(2).max(10) }).strict(),
])
export type PolicyPlan = z.infer<typeof policyPlan>

/** All that are given must hold; of a list one value is enough. */
export const policyCondition = z
  .object({
    metadata: z.record(line(64), z.array(text(200)).min(1).max(50)).optional(),
    personIds: z.array(id).min(1).max(200).optional(),
    teamIds: z.array(id).min(1).max(200).optional(),
    keyIds: z.array(id).min(1).max(200).optional(),
  })
  .strict()
export type PolicyCondition = z.infer<typeof policyCondition>

export const policyRule = z.object({ name: line(60), when: policyCondition, plan: policyPlan }).strict()
export type PolicyRule = z.infer<typeof policyRule>

const milliseconds = (most: number) => z.int().min(1).max(most)

/** A policy as data. Rules are asked in turn; the first that holds gives the plan, else `plan` does. */
export const policy = z
  .object({
    plan: policyPlan,
    rules: z.array(policyRule).max(20).default([]),
    retries: z
      .object({
        /** How many further targets may be called when one fails before its first content. */
        failovers: z.int().min(0).max(10).default(3),
        /** How often the last one left may be called again after it has clearly refused (429, 5xx). */
        sameTarget: z.int().min(0).max(3).default(0),
        /** A provider that asks for a longer wait is not waited for. */
        maxWaitMs: milliseconds(60_000).default(5000),
      })
      .strict()
      .prefault({}),
    timeouts: z
      .object({
        firstTokenMs: milliseconds(600_000).optional(),
        idleMs: milliseconds(600_000).optional(),
        totalMs: milliseconds(3_600_000).optional(),
      })
      .strict()
      .prefault({}),
    /** A second target is called when the first has not begun to answer by then; the slower one is cancelled and billed. */
    hedge: z
      .object({ afterMs: milliseconds(60_000) })
      .strict()
      .nullable()
      .default(null),
  })
  .strict()
  .meta({ id: 'Policy' })
export type Policy = z.infer<typeof policy>
export type PolicyInput = z.input<typeof policy>

/** Letters, digits, `.`, `_` and `-`, in up to three parts between slashes: `fast`, `team/smart`. */
export const aliasName = z
  .string()
  .max(100)
  .regex(
    /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*){0,2}$/,
    'must be letters, digits, “.”, “_” or “-”, in up to three parts between slashes',
  )

export const alias = z
  .object({
    id,
    name: z.string(),
    description: z.string(),
    enabled: z.boolean(),
    /** The version in force; grows with every change. Send it as `If-Match` to change the alias. */
    version: z.int(),
    policy,
    /** Of its models: what every one of them can do. Null when none can be called. */
    capabilities: capabilities.nullable(),
    /** What is wrong with the policy by now, in words: a model was removed, a connection was switched off. */
    problems: z.array(z.string()),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Alias' })
export type Alias = z.infer<typeof alias>

export const aliasVersion = z
  .object({
    version: z.int(),
    policy,
    /** Who made it; null when that person is gone. */
    authorId: id.nullable(),
    note: z.string(),
    /** The version whose policy this one brought back. */
    rollbackOf: z.int().nullable(),
    current: z.boolean(),
    createdAt: timestamp,
  })
  .meta({ id: 'AliasVersion' })
export type AliasVersion = z.infer<typeof aliasVersion>

export const routingCandidate = z.object({
  model: z.string(),
  /** In words; null for one that would be called. */
  passedOver: z.string().nullable(),
  /** What it was ordered by; its meaning depends on the strategy: milliseconds, nano-USD, a draw. */
  score: z.number().nullable(),
})

export const routingPreview = z
  .object({
    chosen: z.string().nullable(),
    version: z.int().nullable(),
    strategy: z.string(),
    /** The rule that applied. */
    rule: z.string().nullable(),
    variant: z.string().nullable(),
    candidates: z.array(routingCandidate),
  })
  .meta({ id: 'RoutingPreview' })
export type RoutingPreview = z.infer<typeof routingPreview>

export const modelHealth = z
  .object({
    /** `{connection slug}/{provider's model id}` */
    model: z.string(),
    state: z.enum(['closed', 'open', 'half-open']),
    coolingReason: z.enum(['rate-limit', 'quota', 'overloaded', 'failing', 'slow', 'refuses-us']).nullable(),
    /** When it may be called again; null when it may be now. */
    coolingUntil: timestamp.nullable(),
    /** Peak-weighted moving average; null before the first answer. */
    firstTokenMs: z.int().nullable(),
    /** Share of attempts of the last minute that failed by the provider's fault. */
    errorRate: z.number(),
    attempts: z.int(),
    inFlight: z.int(),
    consecutiveFailures: z.int(),
  })
  .meta({ id: 'ModelHealth' })
export type ModelHealth = z.infer<typeof modelHealth>

const tag = 'models'
const ws = '/api/v1/workspaces/{workspaceId}'
const one = workspaceParams.extend({ aliasId: id })
const note = text(500).default('')

export const aliasRoutes = {
  listAliases: route({
    id: 'listAliases',
    method: 'GET',
    path: `${ws}/aliases`,
    tag,
    access: 'model:read',
    summary: 'Names for models, with the policies behind them',
    params: workspaceParams,
    query: pageQuery,
    response: page(alias),
  }),
  createAlias: route({
    id: 'createAlias',
    method: 'POST',
    path: `${ws}/aliases`,
    tag,
    access: 'model:manage',
    summary: 'Name a policy over models',
    params: workspaceParams,
    body: z.object({
      name: aliasName,
      description: text(500).default(''),
      policy,
      note,
    }),
    response: alias,
    status: 201,
  }),
  updateAlias: route({
    id: 'updateAlias',
    method: 'PATCH',
    path: `${ws}/aliases/{aliasId}`,
    tag,
    access: 'model:manage',
    summary:
      'Change an alias; a new policy becomes a new version. `If-Match` names the version that was seen',
    params: one,
    body: z
      .object({ name: aliasName, description: text(500), enabled: z.boolean(), policy })
      .partial()
      .extend({ note, version: z.int().min(1).optional() }),
    response: alias,
  }),
  deleteAlias: route({
    id: 'deleteAlias',
    method: 'DELETE',
    path: `${ws}/aliases/{aliasId}`,
    tag,
    access: 'model:manage',
    summary: 'Remove an alias and its versions',
    params: one,
    response: null,
  }),
  listAliasVersions: route({
    id: 'listAliasVersions',
    method: 'GET',
    path: `${ws}/aliases/{aliasId}/versions`,
    tag,
    access: 'model:read',
    summary: 'Versions of an alias, newest first',
    params: one,
    query: pageQuery,
    response: page(aliasVersion),
  }),
  rollBackAlias: route({
    id: 'rollBackAlias',
    method: 'POST',
    path: `${ws}/aliases/{aliasId}/rollbacks`,
    tag,
    access: 'model:manage',
    summary: 'Put an earlier version in force again, as a new version',
    params: one,
    body: z.object({ version: z.int().min(1), note }),
    response: alias,
  }),
  previewRouting: route({
    id: 'previewRouting',
    method: 'POST',
    path: `${ws}/routing-previews`,
    tag,
    access: 'model:read',
    summary: 'What a call would choose now, and why; a policy that is not stored may be tried',
    params: workspaceParams,
    body: z
      .object({
        model: line(300).optional(),
        policy: policy.optional(),
        metadata: z.record(line(64), text(200)).default({}),
        personId: id.optional(),
        keyId: id.optional(),
        teamIds: z.array(id).max(50).default([]),
        affinity: text(200).optional(),
        /** Length of the imagined request. */
        inputTokens: z.int().min(0).max(10_000_000).default(1000),
      })
      .refine(({ model, policy: given }) => (model === undefined) !== (given === undefined), {
        message: 'name a model or give a policy, one of the two',
      }),
    response: routingPreview,
  }),
  listModelHealth: route({
    id: 'listModelHealth',
    method: 'GET',
    path: `${ws}/model-health`,
    tag,
    access: 'model:read',
    summary: 'Live state of the models that the answering process has called',
    params: workspaceParams,
    response: z.object({ data: z.array(modelHealth) }),
  }),
} as const
