import { AppError } from '#platform/errors'
import { headersOf } from './headers.ts'
import type { Share } from './share.ts'
import type { ScopeKind, Unit } from './types.ts'

const whats: Readonly<Record<Unit, string>> = {
  requests: 'requests per minute',
  tokens: 'tokens per minute',
  slots: 'calls at once',
}
const whose: Readonly<Record<ScopeKind, string>> = {
  key: 'this API key',
  person: 'this person',
  workspace: 'this workspace',
}

/** Says which limit a call has met and when to come back; nothing helps a call that is larger than its limit. */
export function refusal(
  refused: readonly Share[],
  shares: readonly Share[],
  tokens: number,
  nowMs: number,
): AppError {
  const waits = refused.map((share) => share.waitMs(amountOf(share, tokens), nowMs))
  const longestMs = Math.max(...waits)
  const share = refused[waits.indexOf(longestMs)]
  if (!share) throw new Error('nothing was refused')
  const { scope, unit } = share.counted
  const isTooLarge = amountOf(share, tokens) > share.limit
  const limit = `the limit of ${share.limit} ${whats[unit]} of ${whose[scope]}`
  return new AppError(
    'RATE_LIMIT_EXCEEDED',
    isTooLarge
      ? `The call may take ${tokens} tokens, more than ${limit}.`
      : `This exceeds ${limit}. Try again shortly.`,
    {
      details: {
        scope,
        unit: unit === 'slots' ? 'concurrency' : unit,
        limit: share.limit,
        remaining: share.remaining(nowMs),
      },
      headers: headersOf(share, shares, nowMs),
      ...(isTooLarge ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(longestMs / 1000)) }),
    },
  )
}

const amountOf = ({ counted }: Share, tokens: number): number => (counted.unit === 'tokens' ? tokens : 1)
