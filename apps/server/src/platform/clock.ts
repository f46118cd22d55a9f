import { randomFillSync } from 'node:crypto'

/** Time and identity, injected so that a test can decide them. */
export interface Clock {
  readonly now: () => Date
  /** Milliseconds from an arbitrary start; never goes back. For durations and deadlines. */
  readonly monotonicMs: () => number
  /** A UUIDv7, greater than every one that this clock gave before. */
  readonly uuid: () => string
}

export interface ClockSources {
  /** Milliseconds since 1970. */
  readonly epochMs?: () => number
  readonly monotonicMs?: () => number
}

/** The system's clock, or one that runs on the given sources. */
export function createClock({
  epochMs = Date.now,
  monotonicMs = () => performance.now(),
}: ClockSources = {}): Clock {
  return { now: () => new Date(epochMs()), monotonicMs, uuid: createMinter(epochMs) }
}

const bytesPerId = 10
const idsPerFill = 256
const counterLimit = 0x1000

/**
 * Mints UUIDv7 as RFC 9562 lays them out: 48 bits of milliseconds, a 12-bit counter (its method 1), 62 random bits.
 * The counter begins each millisecond in its lower half; when it runs over, or the clock goes back, time is borrowed
 * from the future, so that order always holds.
 */
function createMinter(epochMs: () => number): () => string {
  const pool = Buffer.alloc(bytesPerId * idsPerFill)
  let used = pool.length
  let lastMs = -1
  let counter = 0

  const draw = (): Buffer => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    used += bytesPerId
    return pool.subarray(used - bytesPerId, used)
  }

  return () => {
    const random = draw()
    const nowMs = Math.floor(epochMs())
    counter += 1
    if (nowMs > lastMs || counter === counterLimit) {
      lastMs = Math.max(nowMs, lastMs + 1)
      counter = random.readUInt16BE(8) & 0x7ff
    }
    return format(lastMs, counter, random)
  }
}

function format(ms: number, counter: number, random: Buffer): string {
  const time = ms.toString(16).padStart(12, '0')
  const tail = random.toString('hex', 0, 8)
  const variant = (8 | ((random[0] ?? 0) & 0b11)).toString(16)
  const version = `7${counter.toString(16).padStart(3, '0')}`
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}${tail.slice(1, 4)}-${tail.slice(4)}`
}
