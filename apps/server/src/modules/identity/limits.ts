import { createHash } from 'node:crypto'
import type { Database } from '#platform/db'
import { AppError } from '#platform/errors'
import { countAttempts, takeBackAttempts } from './store/limits.ts'

/** At most `max` attempts per window for one subject, such as an account or an address. */
export interface Limit {
  readonly name: string
  readonly subject: string
  readonly max: number
  readonly windowSeconds: number
}

export interface Limits {
  /** @throws AppError 429 when one of the limits is passed; the attempt counts all the same. */
  take(limits: readonly Limit[]): Promise<void>
  /** The same, told by false. */
  allow(limits: readonly Limit[]): Promise<boolean>
  /** Forgets an attempt that turned out to be rightful. */
  giveBack(limits: readonly Limit[]): Promise<void>
  /** For libraries that name their limits themselves. */
  consume(
    key: string,
    rule: { window: number; max: number },
  ): Promise<{ allowed: boolean; retryAfter: number | null }>
}

/** Limits that hold across processes and restarts. They commit on their own: a refused attempt stays counted. */
export function createLimits(db: Database): Limits {
  const secondsToWait = async (limits: readonly Limit[]): Promise<number> => {
    const maxOf = new Map(limits.map((limit) => [keyOf(limit), limit.max]))
    const windows = limits.map((limit) => ({ key: keyOf(limit), seconds: limit.windowSeconds }))
    const counts = await db.transaction((tx) => countAttempts(tx, windows))
    const passed = counts.filter(({ key, count }) => count > (maxOf.get(key) ?? 0))
    return Math.ceil(Math.max(0, ...passed.map(({ secondsLeft }) => secondsLeft)))
  }
  return {
    take: async (limits) => {
      const retryAfterSeconds = await secondsToWait(limits)
      if (retryAfterSeconds > 0) {
        throw new AppError('RATE_LIMIT_EXCEEDED', 'Too many attempts. Try again later.', {
          retryAfterSeconds,
        })
      }
    },
    allow: async (limits) => (await secondsToWait(limits)) === 0,
    giveBack: (limits) => db.transaction((tx) => takeBackAttempts(tx, limits.map(keyOf))),
    consume: async (key, { window, max }) => {
      const wait = await secondsToWait([{ name: 'library', subject: key, max, windowSeconds: window }])
      return { allowed: wait === 0, retryAfter: wait === 0 ? null : wait }
    },
  }
}

const keyOf = ({ name, subject }: Limit): string =>
  createHash('sha256').update(`${name}\0${subject}`).digest('base64url')
