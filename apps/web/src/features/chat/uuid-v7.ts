const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * Makes UUIDv7 identifiers (RFC 9562, 5.7) that rise strictly within one generator: 48 bits of Unix
 * milliseconds, a 12-bit counter (method 1 of section 6.2) and 62 random bits.
 */
export function uuidV7Generator(
  now: () => number = Date.now,
  random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array = (bytes) => crypto.getRandomValues(bytes),
): () => string {
  let lastMs = -1
  let counter = 0
  return () => {
    const bytes = new Uint8Array(new ArrayBuffer(16))
    random(bytes)
    const ms = Math.max(now(), lastMs)
    // A fresh millisecond starts low, so that a burst of ids has room to count up.
    counter = ms === lastMs ? counter + 1 : ((bytes[6] ?? 0) << 2) & 0x3_ff
    const carried = counter > 0xf_ff
    lastMs = carried ? ms + 1 : ms
    if (carried) counter = 0
    writeTime(bytes, lastMs)
    bytes[6] = 0x70 | (counter >> 8)
    bytes[7] = counter & 0xff
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
    return format(bytes)
  }
}

function writeTime(bytes: Uint8Array, ms: number): void {
  let rest = ms
  for (let index = 5; index >= 0; index -= 1) {
    bytes[index] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

function format(bytes: Uint8Array): string {
  let text = ''
  for (const [index, byte] of bytes.entries()) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += '-'
    text += HEX[byte]
  }
  return text
}

/** A new UUIDv7. */
export const newId = uuidV7Generator()
