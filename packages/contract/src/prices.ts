import { z } from 'zod'
import { id, line, nanoUsd, page, pageQuery, text, timestamp, workspaceParams } from './common.ts'
import { route } from './route.ts'

/** What is counted and charged apart. All but `perCall` are tokens. */
export const rateKinds = [
  'input',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'output',
  'reasoning',
  'inputAudio',
  'cacheReadAudio',
  'outputAudio',
  'inputImage',
  'cacheReadImage',
  'outputImage',
] as const
export type RateKind = (typeof rateKinds)[number]

/** Nothing costs a negative amount, and nothing a billion dollars for a million tokens. */
const amount = z
  .string()
  .regex(/^\d{1,18}$/)
  .meta({ description: 'integer nano-USD, not negative' })

/** The price of one kind of token: nano-USD per million. Above a tier's start all tokens of a call cost the tier's price. */
export const rate = z
  .object({
    base: amount,
    tiers: z.array(z.object({ aboveInputTokens: z.int().min(1), price: amount })).max(10),
  })
  .meta({ id: 'Rate' })
export type Rate = z.infer<typeof rate>

export const priceSheet = z
  .object({
    /** A kind that is absent has no price of its own: `reasoning` costs what `output` does, sound and images what text does; a missing cache price makes the cost of a call that used the cache unknown. */
    rates: z.partialRecord(z.enum(rateKinds), rate),
    /** Nano-USD for each call, whatever its tokens. */
    perCall: amount,
  })
  .meta({ id: 'PriceSheet' })
export type PriceSheet = z.infer<typeof priceSheet>

/** Where a price comes from. `unknown` is never the same as free. */
export const priceOrigin = z.enum(['published', 'override', 'free', 'unknown'])

export const modelPrice = z
  .object({
    /** Of the catalogue: `{connection slug}/{provider's model id}`. */
    model: z.string(),
    connectionId: id.nullable(),
    upstreamId: z.string(),
    origin: priceOrigin,
    /** Null when the price is unknown. */
    sheet: priceSheet.nullable(),
    /** What calls are recorded with: the dated price list, or an override and its version. Null when unknown. */
    version: z.string().nullable(),
    overrideId: id.nullable(),
  })
  .meta({ id: 'ModelPrice' })
export type ModelPrice = z.infer<typeof modelPrice>

/** `*` stands for any characters. */
const modelPattern = line(200)

const overrideFields = z.object({
  /** Only models of this connection; null for every connection. */
  connectionId: id.nullable(),
  /** The provider's model id, with `*` for any characters: `gpt-5*`. */
  modelPattern,
  /** Takes the place of the published price as a whole. `input` and `output` must be there. */
  sheet: priceSheet.refine(({ rates }) => rates.input !== undefined && rates.output !== undefined, {
    error: 'must have prices for input and output',
  }),
  /** Calls that began from here on; may lie in the past, for a re-rating, or in the future. */
  effectiveFrom: timestamp,
  note: text(500),
})

export const priceOverride = overrideFields
  .extend({
    id,
    /** Grows with every change and stands in the price version of calls. Send it as `If-Match` to change the override. */
    version: z.int(),
    authorId: id.nullable(),
    authorName: z.string().nullable(),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'PriceOverride' })
export type PriceOverride = z.infer<typeof priceOverride>

/** A run that computes the costs of recorded calls again, with the prices of today as of the time of each call. */
export const rerating = z
  .object({
    id,
    from: timestamp,
    to: timestamp,
    connectionId: id.nullable(),
    modelPattern: z.string().nullable(),
    status: z.enum(['waiting', 'running', 'finished', 'failed']),
    /** Calls in the range, calls looked at, calls whose cost or price version changed, calls whose connection is gone. */
    progress: z.object({ total: z.int(), done: z.int(), changed: z.int(), skipped: z.int() }),
    /** Sum of all changes of known costs; may be negative. */
    differenceNanoUsd: nanoUsd,
    requestedBy: z.string().nullable(),
    createdAt: timestamp,
    finishedAt: timestamp.nullable(),
  })
  .meta({ id: 'Rerating' })
export type Rerating = z.infer<typeof rerating>

/** Which price list is in force. */
export const priceList = z.object({
  version: z.string(),
  date: z.string(),
  models: z.int(),
  source: z.string(),
  supplementDate: z.string(),
})

const tag = 'prices'
const ws = '/api/v1/workspaces/{workspaceId}'
const oneOverride = workspaceParams.extend({ overrideId: id })
const oneRerating = workspaceParams.extend({ reratingId: id })

export const priceRoutes = {
  listPrices: route({
    id: 'listPrices',
    method: 'GET',
    path: `${ws}/prices`,
    tag,
    access: 'model:read',
    summary: 'What every model of the catalogue costs, by id',
    params: workspaceParams,
    query: pageQuery.extend({ model: line(300).optional() }),
    response: page(modelPrice).extend({ list: priceList }),
  }),
  listPriceOverrides: route({
    id: 'listPriceOverrides',
    method: 'GET',
    path: `${ws}/price-overrides`,
    tag,
    access: 'model:read',
    summary: 'Prices that the workspace has agreed otherwise, the last made first',
    params: workspaceParams,
    query: pageQuery,
    response: page(priceOverride),
  }),
  createPriceOverride: route({
    id: 'createPriceOverride',
    method: 'POST',
    path: `${ws}/price-overrides`,
    tag,
    access: 'model:manage',
    summary: 'Set a price; the most precise override that is in effect counts',
    params: workspaceParams,
    body: overrideFields.extend({
      connectionId: id.nullable().default(null),
      /** Now unless told. */
      effectiveFrom: timestamp.optional(),
      note: text(500).default(''),
    }),
    response: priceOverride,
    status: 201,
  }),
  updatePriceOverride: route({
    id: 'updatePriceOverride',
    method: 'PATCH',
    path: `${ws}/price-overrides/{overrideId}`,
    tag,
    access: 'model:manage',
    summary: 'Change a price from now on; recorded calls keep theirs until they are rated again',
    params: oneOverride,
    body: overrideFields.partial(),
    response: priceOverride,
  }),
  deletePriceOverride: route({
    id: 'deletePriceOverride',
    method: 'DELETE',
    path: `${ws}/price-overrides/{overrideId}`,
    tag,
    access: 'model:manage',
    summary: 'Go back to the published price',
    params: oneOverride,
    response: null,
  }),
  createRerating: route({
    id: 'createRerating',
    method: 'POST',
    path: `${ws}/re-ratings`,
    tag,
    access: 'budget:manage',
    summary:
      'Compute the costs of recorded calls again with the prices of today; every earlier rating is kept',
    params: workspaceParams,
    body: z
      .object({
        from: timestamp,
        to: timestamp,
        connectionId: id.nullable().default(null),
        modelPattern: modelPattern.nullable().default(null),
      })
      .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { error: 'from must be before to' }),
    response: rerating,
    status: 202,
  }),
  listReratings: route({
    id: 'listReratings',
    method: 'GET',
    path: `${ws}/re-ratings`,
    tag,
    access: 'budget:manage',
    summary: 'Re-ratings, the newest first',
    params: workspaceParams,
    query: pageQuery,
    response: page(rerating),
  }),
  readRerating: route({
    id: 'readRerating',
    method: 'GET',
    path: `${ws}/re-ratings/{reratingId}`,
    tag,
    access: 'budget:manage',
    summary: 'How far a re-rating is',
    params: oneRerating,
    response: rerating,
  }),
} as const
