import { createHash } from 'node:crypto'

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

/** Random numbers that the same text repeats: xoshiro128**, https://prng.di.unimi.it/xoshiro128starstar.c */
export class Random {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(text: string) {
    const digest = createHash('sha256').update(text).digest()
    this.#a = digest.readInt32LE(0)
    this.#b = digest.readInt32LE(4)
    this.#c = digest.readInt32LE(8)
    this.#d = digest.readInt32LE(12)
  }

  /** 32 random bits, as a number from 0. */
  bits(): number {
    const result = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotated(this.#d, 11)
    return result
  }

  /** From 0 up to 1. */
  share(): number {
    return this.bits() / 4_294_967_296
  }

  chance(probability: number): boolean {
    return this.share() < probability
  }

  between(low: number, high: number): number {
    return low + this.share() * (high - low)
  }

  /** A whole number; both ends are possible. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.share() * (high - low + 1))
  }

  /** @throws Error for an empty list */
  pick<T>(list: readonly T[]): T {
    const found = list[Math.floor(this.share() * list.length)]
    if (found === undefined) throw new Error('There is nothing to pick from')
    return found
  }

  /** One of the list, each as often as its weight says. @throws Error when all weights are 0 */
  weighted<T>(list: readonly T[], weightOf: (one: T, index: number) => number): T {
    let rest = this.share() * list.reduce((sum, one, index) => sum + weightOf(one, index), 0)
    for (const [index, one] of list.entries()) {
      rest -= weightOf(one, index)
      if (rest < 0) return one
    }
    throw new Error('There is nothing to pick from')
  }

  /** Log-normal, as durations and lengths are: half of the values lie below the median. */
  around(median: number, spread: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.share())) * Math.cos(2 * Math.PI * this.share())
    return median * Math.exp(spread * normal)
  }

  /** Hexadecimal digits, eight for each word of 32 bits; never only zeros. */
  hex(words: number): string {
    let text = ''
    while (text.length < words * 8) text += this.bits().toString(16).padStart(8, '0')
    return /^0*$/.test(text) ? this.hex(words) : text
  }
}
