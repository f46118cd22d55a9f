import { z } from 'zod'
import { workspaceParams } from './common.ts'
import { keyLimits } from './identity-keys.ts'
import { route } from './route.ts'

/** Limits that hold besides those of a key. */
export const rateLimits = z
  .object({
    /** Of all calls of the workspace together. */
    workspace: keyLimits,
    /** Of all calls of one person together, whatever key they use. */
    person: keyLimits,
  })
  .meta({ id: 'RateLimits' })
export type RateLimits = z.infer<typeof rateLimits>

const tag = 'admission'
const path = '/api/v1/workspaces/{workspaceId}/rate-limits'

export const admissionRoutes = {
  getRateLimits: route({
    id: 'getRateLimits',
    method: 'GET',
    path,
    tag,
    access: 'budget:read',
    summary: 'Limits of requests, tokens and calls at once',
    params: workspaceParams,
    response: rateLimits,
  }),
  updateRateLimits: route({
    id: 'updateRateLimits',
    method: 'PATCH',
    path,
    tag,
    access: 'budget:manage',
    summary: 'Change limits; those that are left out stay, null removes one',
    params: workspaceParams,
    body: z.object({ workspace: keyLimits.partial(), person: keyLimits.partial() }).partial(),
    response: rateLimits,
  }),
} as const
