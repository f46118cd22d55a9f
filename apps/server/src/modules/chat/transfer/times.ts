/** Before this nobody chatted with a model; such times are defaults of broken clocks. */
const earliestMs = Date.UTC(2000, 0, 1)
const latestMs = Date.UTC(2100, 0, 1)

const plausible = (ms: number): Date | null => (ms >= earliestMs && ms < latestMs ? new Date(ms) : null)

/** Seconds since 1970, with fractions; null when there is no such time. */
export const timeOfSeconds = (seconds: number | null | undefined): Date | null =>
  typeof seconds === 'number' ? plausible(Math.round(seconds * 1000)) : null

/** RFC 3339; null when there is no such time. */
export const timeOfText = (text: string | null | undefined): Date | null =>
  typeof text === 'string' ? plausible(Date.parse(text)) : null
