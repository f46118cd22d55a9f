import { createHash } from 'node:crypto'

/**
 * An id that follows from its names alone, so that a repeated import makes the same rows. Laid out as UUIDv7 (RFC 9562):
 * the time, 12 bits of order among messages of the same millisecond, 62 bits of a hash of the names.
 */
export function derivedId(time: Date, order: number, names: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(names)).digest()
  const milliseconds = Math.max(0, time.getTime()).toString(16).padStart(12, '0').slice(-12)
  const place = Math.min(order, 0xfff).toString(16).padStart(3, '0')
  const variant = (8 | ((hash[0] ?? 0) & 0b11)).toString(16)
  const tail = hash.toString('hex', 1)
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7${place}-${variant}${tail.slice(0, 3)}-${tail.slice(3, 15)}`
}
