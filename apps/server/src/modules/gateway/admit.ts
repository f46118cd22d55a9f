import { unlimited } from '@atrium/contract'
import type { Ticket } from '#modules/admission'
import type { CallResult, ResolvedModel } from '#modules/models'
import type { Member } from '#platform/http'
import type { Ask } from './ask.ts'
import type { Gateway } from './service.ts'

const bytesPerToken = 4
/** Bodies are larger than this for their media, whose bytes are no text. */
const mostTextBytes = 1024 * 1024
/** What a reply is taken to have at most when nobody says. */
const usualOutputTokens = 4096

/** What a call may take, as far as it can be told from the size of its body. */
export function estimatedTokens(
  bodyBytes: number,
  { maxOutputTokens, answers }: Pick<Ask, 'maxOutputTokens' | 'answers'>,
  model: Pick<ResolvedModel, 'maxOutputTokens'>,
): number {
  const most = model.maxOutputTokens ?? usualOutputTokens
  const output = answers * Math.min(maxOutputTokens ?? usualOutputTokens, most)
  return Math.ceil(Math.min(bodyBytes, mostTextBytes) / bytesPerToken) + output
}

/**
 * Lets a call in by the limits of key, person and workspace.
 * @throws AppError 429 with `Retry-After` and `RateLimit-*`
 */
export function admit({ admission }: Gateway, member: Member, tokens: number): Ticket | Promise<Ticket> {
  const { workspaceId, personId, key } = member
  return admission.admit({
    workspaceId,
    personId,
    keyId: key?.id ?? null,
    limits: key?.limits ?? unlimited,
    estimatedTokens: tokens,
  })
}

/** What a call has taken. */
export function tokensOf({ usage: { input, output } }: CallResult): number {
  const { uncached, cacheRead, cacheWrite5m, cacheWrite1h } = input
  return uncached + cacheRead + cacheWrite5m + cacheWrite1h + output.text + output.reasoning
}
