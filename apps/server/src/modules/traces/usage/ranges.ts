/** From a moment until before another, in milliseconds since 1970. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Stretches of time of which sums are kept; they begin with the clock of UTC. */
export type Unit = 'minute' | 'hour' | 'day'

export const unitMs: Readonly<Record<Unit, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** How long sums by minute are kept. */
export const minutesKeptMs = 8 * unitMs.day
/** How far back a range may begin or end within an hour. */
export const minutesAskedMs = minutesKeptMs - unitMs.day

export const floorTo = (unit: Unit, moment: number): number =>
  Math.floor(moment / unitMs[unit]) * unitMs[unit]

/** The range widened so that its ends lie where sums end: at minutes, or at hours when it is old or of users. */
export function settled({ from, to }: Range, nowMs: number, ofUsers: boolean): Range {
  const unitAt = (moment: number): Unit => (ofUsers || moment < nowMs - minutesAskedMs ? 'hour' : 'minute')
  return { from: floorTo(unitAt(from), from), to: -floorTo(unitAt(to), -to) }
}

/** A part of a range that consists of whole units. */
export interface Part extends Range {
  readonly unit: Unit
}

const units: readonly Unit[] = ['day', 'hour', 'minute']

/** A settled range in whole units, as few as there can be, none larger than the coarsest one. */
export function partsOf(range: Range, coarsest: Unit): Part[] {
  return split(range, units.slice(units.indexOf(coarsest)))
}

function split({ from, to }: Range, [unit, ...finer]: readonly Unit[]): Part[] {
  if (unit === undefined || from >= to) return []
  const whole = { unit, from: -floorTo(unit, -from), to: floorTo(unit, to) }
  if (whole.from >= whole.to) return split({ from, to }, finer)
  return [...split({ from, to: whole.from }, finer), whole, ...split({ from: whole.to, to }, finer)]
}
