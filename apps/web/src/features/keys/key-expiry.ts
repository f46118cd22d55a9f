/** When a key is to run out: after some days, at the end of a chosen day, never, or as it is. */
export const lifetimes = [
  { value: '30', label: 'in 30 days' },
  { value: '90', label: 'in 90 days' },
  { value: '365', label: 'in a year' },
  { value: 'day', label: 'on a day of your choice' },
  { value: 'never', label: 'never' },
] as const
export type Lifetime = (typeof lifetimes)[number]['value'] | 'keep'

const dayMs = 86_400_000

/** The moment at which it runs out, RFC 3339, or null for never; `day` is a local date such as `2026-11-30`. */
export function expiryOf(lifetime: Exclude<Lifetime, 'keep'>, day: string, nowMs: number): string | null {
  if (lifetime === 'never') return null
  if (lifetime === 'day') return new Date(`${day}T23:59:59`).toISOString()
  return new Date(nowMs + Number(lifetime) * dayMs).toISOString()
}

export const hasRunOut = (expiresAt: string | null, nowMs: number): boolean =>
  expiresAt !== null && Date.parse(expiresAt) <= nowMs
