import type { ConnectionHealth } from '@atrium/contract'

type Stage = ConnectionHealth['stage']

const stages: Record<Stage, string> = {
  address: 'The address is wrong or not allowed',
  connect: 'No connection to that address',
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
  address: 'Check the host name; private addresses must be allowed by whoever runs the server.',
  connect: 'Check that it runs and that this server can reach it.',
  authentication: 'Paste the key again; look for missing characters at its ends.',
  'not-found': 'The path is often missing: many servers want /v1 at the end.',
  'rate-limit': 'The connection works. Try again in a moment.',
}

/** The result of a connection test in words. */
export const stageText = (stage: Stage): string => stages[stage]

/** What to try next, where there is something typical. */
export const stageAdvice = (stage: Stage): string | null => advice[stage] ?? null
