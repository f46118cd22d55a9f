import type { Usage } from '@atrium/wire'
import type { Clock } from '#platform/clock'

interface Where {
  readonly workspaceId: string
  readonly affinity?: string | undefined
}

/** Remembers which deployment has how much of a conversation's prompt in its cache. */
export interface WarmPrompts {
  /** Tokens that a further call of this affinity would probably read from the cache. */
  tokensOf(where: Where, deployment: string): number
  noted(where: Where, deployment: string, usage: Usage): void
}

/** The shortest life that providers promise; each use begins it anew. */
const lifeMs = 5 * 60_000
const mostKept = 50_000

export function createWarmPrompts(clock: Clock): WarmPrompts {
  const known = new Map<string, { tokens: number; until: number }>()
  const keyOf = ({ workspaceId, affinity }: Where, deployment: string): string =>
    `${workspaceId} ${deployment} ${affinity}`
  return {
    tokensOf: (where, deployment) => {
      if (where.affinity === undefined) return 0
      const found = known.get(keyOf(where, deployment))
      return found && found.until > clock.monotonicMs() ? found.tokens : 0
    },
    noted: (where, deployment, { input }) => {
      if (where.affinity === undefined) return
      const tokens = input.cacheRead + input.cacheWrite5m + input.cacheWrite1h
      if (tokens === 0) return
      const key = keyOf(where, deployment)
      known.delete(key)
      if (known.size >= mostKept) known.delete(known.keys().next().value ?? '')
      known.set(key, { tokens, until: clock.monotonicMs() + lifeMs })
    },
  }
}
