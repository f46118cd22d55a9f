/** Word endings by chance: two, three and four byte characters and a joined emoji, so byte splits hit something. */
const endings = ['', '', '', '', '', '', 'é', '日本', '👩‍🚀', '…']

/** A small integer hash: the same seed and index give the same number on every machine. */
export function mix(seed: number, index: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return (h ^ (h >>> 13)) >>> 0
}

/** The word at `index`, such as `w12 ` or `w13日本 `: it names its own place, so loss, doubling and reordering show. */
export function wordAt(index: number, seed = 1, letter = 'w'): string {
  return `${letter}${index}${endings[mix(seed, index) % endings.length]} `
}

/** The text that `count` tokens give, starting at token `from`. */
export function fakeText(count: number, seed = 1, from = 0): string {
  return Array.from({ length: count }, (_, i) => wordAt(from + i, seed)).join('')
}

/** The token numbers found in a text, in the order they stand: `[0, 1, 2]` when nothing was lost. */
export function indexesIn(text: string): number[] {
  return Array.from(text.matchAll(/w(\d+)/g), (match) => Number(match[1]))
}

/** Cuts a given text into token-like pieces of a few characters, never inside a character. */
export function pieces(text: string, size = 5): string[] {
  const characters = Array.from(text)
  const list: string[] = []
  for (let i = 0; i < characters.length; i += size) list.push(characters.slice(i, i + size).join(''))
  return list
}

/** How many input tokens the fake counts for a text: a quarter of its UTF-16 length, rounded up. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4)
}
