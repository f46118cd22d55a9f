/** What was observed above `low` and up to `high`, spread evenly between them. */
export interface Bucket {
  readonly low: number
  readonly high: number
  readonly count: number
}

/**
 * The value below which a share `q` of what was observed lies, by linear interpolation. Buckets may overlap, as those of
 * series with other bounds do. Null when nothing was observed.
 */
export function quantileOf(buckets: readonly Bucket[], q: number): number | null {
  const filled = buckets.filter(({ count }) => count > 0)
  const total = filled.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return null
  const edges = [...new Set(filled.flatMap(({ low, high }) => [low, high]))].toSorted((a, b) => a - b)
  const slopes = slopesOf(filled)
  const target = q * total
  let below = 0
  let slope = 0
  let last = edges[0] ?? 0
  for (const edge of edges) {
    const next = below + slope * (edge - last)
    if (next >= target && slope > 0)
      return target <= below ? last : Math.min(edge, last + (target - below) / slope)
    below = next
    const { change, jump } = slopes.get(edge) ?? { change: 0, jump: 0 }
    below += jump
    if (jump > 0 && below >= target) return edge
    slope += change
    last = edge
  }
  return last
}

/** At each edge, by how much the density changes, and how much was observed at the very value. */
function slopesOf(buckets: readonly Bucket[]): ReadonlyMap<number, { change: number; jump: number }> {
  const slopes = new Map<number, { change: number; jump: number }>()
  const at = (edge: number) => {
    const found = slopes.get(edge) ?? { change: 0, jump: 0 }
    slopes.set(edge, found)
    return found
  }
  for (const { low, high, count } of buckets) {
    if (low >= high) at(high).jump += count
    else {
      const density = count / (high - low)
      at(low).change += density
      at(high).change -= density
    }
  }
  return slopes
}
