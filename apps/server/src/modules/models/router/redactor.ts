/** A shorter key is found in ordinary text. */
const shortestSecret = 8
const mark = Buffer.from('[key]')
const lineFeed = 10

/**
 * Takes the key of a connection out of bytes that pass untouched: providers and the proxies before them quote it in
 * their errors. A key that is cut by the end of a piece is found too, since a piece's end that may be the beginning of
 * one is held back until more has come. What ends with a line ends with no part of a key: nearly every piece of a stream.
 */
export class Redactor {
  readonly #secret: string
  #held: Buffer | undefined

  constructor(secret: string) {
    this.#secret = secret
  }

  /** The bytes to hand on by now; the very ones that were given where nothing is to be taken out. */
  push(bytes: Uint8Array): Uint8Array {
    const view = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const all = this.#held ? Buffer.concat([this.#held, view]) : view
    this.#held = undefined
    const clean = this.#clean(all)
    const rest = all.at(-1) === lineFeed ? 0 : this.#cutAt(clean)
    if (rest === 0) return clean === view ? bytes : clean
    // The provider's buffer may be used again.
    this.#held = Buffer.from(clean.subarray(clean.byteLength - rest))
    return clean.subarray(0, clean.byteLength - rest)
  }

  /** Whatever was held back: it was no key. */
  end(): Uint8Array | undefined {
    const held = this.#held
    this.#held = undefined
    return held
  }

  #clean(bytes: Buffer): Buffer {
    let at = bytes.indexOf(this.#secret, 0, 'latin1')
    if (at < 0) return bytes
    const pieces: Buffer[] = []
    let start = 0
    for (; at >= 0; at = bytes.indexOf(this.#secret, start, 'latin1')) {
      pieces.push(bytes.subarray(start, at), mark)
      start = at + this.#secret.length
    }
    return Buffer.concat([...pieces, bytes.subarray(start)])
  }

  /** How many bytes at the end are the beginning of the key. */
  #cutAt(bytes: Buffer): number {
    const first = this.#secret.charAt(0)
    const end = bytes.toString('latin1', Math.max(0, bytes.byteLength - this.#secret.length + 1))
    for (let at = end.indexOf(first); at >= 0; at = end.indexOf(first, at + 1))
      if (this.#secret.startsWith(end.slice(at))) return end.length - at
    return 0
  }
}

/** Undefined where there is no key, or none that could be told from text. */
export const redactorOf = (secret: string | undefined): Redactor | undefined =>
  secret !== undefined && secret.length >= shortestSecret ? new Redactor(secret) : undefined
