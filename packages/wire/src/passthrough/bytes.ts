/** One character per byte, so that places in the text are places in the bytes. Costs a copy and no decoding. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

export function endsLine(bytes: Uint8Array): boolean {
  return bytes.at(-1) === lineFeed
}

/** Of LF or CRLF. Whether a CR ends a line is known with the next byte only. */
export function endsWithBlankLine(bytes: Uint8Array): boolean {
  if (!endsLine(bytes)) return false
  return bytes.at(-2) === lineFeed || (bytes.at(-2) === carriageReturn && bytes.at(-3) === lineFeed)
}

const lineFeed = 10
const carriageReturn = 13
