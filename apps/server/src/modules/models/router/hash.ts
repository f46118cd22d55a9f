import { createHash } from 'node:crypto'

/** A text as a number in (0, 1], the same in every process: the first 48 bits of its SHA-256. */
export function unitHash(text: string): number {
  const digest = createHash('sha256').update(text).digest()
  return (digest.readUIntBE(0, 6) + 1) / 2 ** 48
}
