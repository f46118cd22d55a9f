import type { ConnectionHealth } from '@atrium/contract'

type Stage = ConnectionHealth['stage']

const stages: Record<Stage, string> = {
  address: 'This address may not be used',
  dns: 'The host could not be found',
  connect: 'No connection',
  tls: 'The secure connection failed',
  timeout: 'No answer in time',
  authentication: 'The key was refused',
  permission: 'The key may not list models',
  'not-found': 'There is no such API at this address',
  'rate-limit': 'The provider limits requests right now',
  response: 'The answer was not understood',
  provider: 'The provider reported an error',
  none: 'Reached',
}

const advice: Partial<Record<Stage, string>> = {
  authentication: 'Paste the key again; look for missing characters at its ends.',
  'not-found': 'The path is often missing: many servers want /v1 at the end.',
  'rate-limit': 'The connection works. Try again in a moment.',
}

/** The result of a connection test in words. */
export const stageText = (stage: Stage): string => stages[stage]

/** What to try next, where there is something typical. */
export const stageAdvice = (stage: Stage): string | null => advice[stage] ?? null
