import type { Random } from './random.ts'

export const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** When something is used: by people at their desks, by customers, by nightly work, or all the time. */
export type Rhythm = 'desk' | 'customers' | 'nightly' | 'always'

/** How much happens in each hour of the day (UTC), and on each day of the week from Sunday on. */
const rhythms: Readonly<
  Record<Rhythm, { readonly hours: readonly number[]; readonly days: readonly number[] }>
> = {
  desk: {
    hours: [1, 1, 1, 1, 1, 2, 8, 30, 70, 95, 100, 90, 60, 80, 100, 95, 75, 40, 18, 10, 7, 5, 3, 2],
    days: [0.06, 1, 1.08, 1.05, 1, 0.8, 0.08],
  },
  customers: {
    hours: [14, 9, 6, 5, 5, 8, 18, 35, 50, 60, 65, 72, 78, 70, 66, 68, 74, 85, 96, 100, 92, 70, 44, 25],
    days: [0.9, 0.95, 0.9, 0.92, 0.96, 1.05, 1.2],
  },
  nightly: {
    hours: [40, 90, 100, 80, 30, 8, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 6, 15],
    days: [1, 1, 1, 1, 1, 1, 1],
  },
  always: { hours: Array.from({ length: 24 }, () => 55), days: [0.9, 1, 1, 1, 1, 1, 0.9] },
}

/** How much of its busiest hour happens at a moment, from 0 to about 1. */
export function load(rhythm: Rhythm, atMs: number): number {
  const at = new Date(atMs)
  const { hours, days } = rhythms[rhythm]
  return ((hours[at.getUTCHours()] ?? 0) / 100) * (days[at.getUTCDay()] ?? 1)
}

/** A time in which calls of a provider, or of all the tools of a service, fail often. */
export interface Incident {
  readonly startMs: number
  readonly endMs: number
  readonly kind: 'provider' | 'service'
  readonly target: string
  readonly errorType: string
  /** Share of the calls that fail. */
  readonly severity: number
}

export interface Targets {
  readonly providers: readonly string[]
  readonly services: readonly string[]
}

const providerErrors = ['429', '503', 'overloaded_error', 'timeout'] as const
const toolErrors = ['timeout', 'ECONNREFUSED', '502', 'permission_denied'] as const

/** About two incidents in three days, by day, when much happens. */
export function incidentsOf(random: Random, startMs: number, days: number, targets: Targets): Incident[] {
  const count = Math.max(1, Math.round((days * 2) / 3))
  return Array.from({ length: count }, (_, index) => {
    const isProvider = index % 2 === 0
    const day = Math.floor(startMs / dayMs + ((index + random.share()) / count) * days)
    const incidentMs = day * dayMs + random.between(7, 20) * hourMs
    return {
      startMs: incidentMs,
      endMs: incidentMs + random.between(0.4, 2.5) * hourMs,
      kind: isProvider ? 'provider' : 'service',
      target: random.pick(isProvider ? targets.providers : targets.services),
      errorType: random.pick(isProvider ? providerErrors : toolErrors),
      severity: random.between(0.3, 0.75),
    }
  })
}

/** What fails of a target at a moment; null for what fails no more than ever. */
export const incidentAt = (
  incidents: readonly Incident[],
  kind: Incident['kind'],
  target: string,
  atMs: number,
): Incident | null =>
  incidents.find(
    (one) => one.kind === kind && one.target === target && atMs >= one.startMs && atMs < one.endMs,
  ) ?? null

/** The version of a service that runs at a moment: releases come every few days. */
export function versionAt(major: number, cadenceDays: number, atMs: number, ahead: number): string {
  const release = Math.floor(atMs / dayMs / cadenceDays) + ahead
  return `${major}.${Math.floor(release / 6) % 20}.${release % 6}`
}
